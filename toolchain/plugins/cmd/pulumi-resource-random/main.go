// Command pulumi-resource-random is Pulumi's random plugin, rebuilt: the Terraform provider for random values behind the
// bridge's plugin framework flavour. Names must be those of the npm package @pulumi/random of the same version.
package main

import (
	"context"
	"log"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"

	"pgtenants/toolchain/plugins/schema"
)

const version = "4.21.2"

func main() {
	info := provider()
	description, err := schema.Describe(info)
	if err != nil {
		log.Fatal(err)
	}
	pf.Main(context.Background(), info.Name, info, pf.ProviderMetadata{PackageSchema: description})
}

func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       pf.ShimProvider(shim.NewProvider()),
		Name:    "random",
		Version: version,
		// Without it this flavour of the bridge exits at start.
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*tfbridge.ResourceInfo{
			// The provider gives random_bytes no id of its own.
			"random_bytes": {ComputeID: idFrom("base64")},
		},
		EnableAccurateBridgePreview: true,
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}))
	return info
}

// idFrom reads the id from an output. Pulumi's ids are never secret, so this one shows the value, as the official plugin's does.
func idFrom(property resource.PropertyKey) tfbridge.ComputeID {
	return func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
		value := state[property]
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
		return resource.ID(value.StringValue()), nil
	}
}
