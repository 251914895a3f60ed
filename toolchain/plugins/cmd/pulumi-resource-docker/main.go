// Command pulumi-resource-docker is Pulumi's docker plugin, rebuilt: the Terraform provider for Docker behind the bridge.
//
// Names must be those of the npm package @pulumi/docker of the same version: the SDK sends a property under the name that
// its type definitions have, and the bridge ignores a name that it does not know.
package main

import (
	"log"
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"

	"pgtenants/toolchain/plugins/schema"
)

const version = "5.2.0"

func main() {
	info := provider()
	description, err := schema.Describe(info)
	if err != nil {
		log.Fatal(err)
	}
	tfbridge.Main(info.Name, version, info, description)
}

func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       sdkv2.NewProvider(shim.NewProvider(version)),
		Name:    "docker",
		Version: version,
		// The bridge asks for metadata; there is no history of renamed properties to keep.
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, Value: "unix:///var/run/docker.sock"}},
			// A list in the SDK under a singular name.
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_buildx_builder": {Tok: resource("BuildxBuilder")},
			"docker_config":         {Tok: resource("ServiceConfig")},
			"docker_container": {
				Tok: resource("Container"),
				// A container holds its name and ports until it is gone.
				DeleteBeforeReplace: true,
				Fields: map[string]*tfbridge.SchemaInfo{
					// Lists that the SDK does not put in the plural.
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			// The name of an image is what is pulled: never made up from the resource's name, as SetAutonaming would.
			"docker_image":          {Tok: resource("RemoteImage"), Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}},
			"docker_network":        {Tok: resource("Network")},
			"docker_plugin":         {Tok: resource("Plugin")},
			"docker_registry_image": {Tok: resource("RegistryImage")},
			"docker_secret":         {Tok: resource("Secret")},
			"docker_service":        {Tok: resource("Service")},
			"docker_tag":            {Tok: resource("Tag")},
			"docker_volume":         {Tok: resource("Volume")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    {Tok: function("getRemoteImage")},
			"docker_logs":                     {Tok: function("getLogs")},
			"docker_network":                  {Tok: function("getNetwork")},
			"docker_plugin":                   {Tok: function("getPlugin")},
			"docker_registry_image":           {Tok: function("getRegistryImage")},
			"docker_registry_image_manifests": {Tok: function("getRegistryImageManifests")},
		},
		// Previews from the provider's own plan, so that what only the engine knows is unknown instead of guessed.
		EnableAccurateBridgePreview: true,
	}
	// A resource without a name gets its Pulumi name and seven random digits; Docker allows 255 characters.
	info.SetAutonaming(255, "-")
	return info
}

func resource(name string) tokens.Type {
	return tokens.Type("docker:index/" + lowerFirst(name) + ":" + name)
}

func function(name string) tokens.ModuleMember {
	return tokens.ModuleMember("docker:index/" + name + ":" + name)
}

func lowerFirst(name string) string { return string(unicode.ToLower(rune(name[0]))) + name[1:] }
