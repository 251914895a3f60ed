// Package schema describes a bridged provider in Pulumi's schema language: names, types, required inputs and secrets, no
// documentation. It asks the same functions of the bridge that translate properties at run time, so that a test can compare
// what a plugin really accepts with the type definitions of the SDK. A name that differs is an input silently dropped.
package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Marker is the description of every rebuilt plugin: tests know by it what they talk to.
const Marker = "Rebuilt from published packages by pgtenants: see toolchain/README.md."

// Describe returns the JSON of the package schema of a bridged provider. It fails on a mapped resource that the
// provider does not have, and on a property type that the bridge knows and this package does not.
func Describe(info tfbridge.ProviderInfo) ([]byte, error) {
	d := describer{pkg: info.Name, types: map[string]pschema.ComplexTypeSpec{}}
	config, err := d.object("Provider", info.P.Schema(), info.Config)
	if err != nil {
		return nil, err
	}
	spec := pschema.PackageSpec{
		Name:        info.Name,
		Version:     info.Version,
		Description: Marker,
		// Tokens are package:index/file:Name; all belong to one module.
		Meta:   &pschema.MetadataSpec{ModuleFormat: "(.*)(?:/[^/]*)"},
		Config: pschema.ConfigSpec{Variables: config.inputs},
		Provider: &pschema.ResourceSpec{
			ObjectTypeSpec:  pschema.ObjectTypeSpec{Type: "object"},
			InputProperties: config.inputs,
			RequiredInputs:  config.required,
		},
		Resources: map[string]pschema.ResourceSpec{},
		Types:     d.types,
	}
	for name, resource := range info.Resources {
		upstream, ok := info.P.ResourcesMap().GetOk(name)
		if !ok {
			return nil, fmt.Errorf("the provider has no resource %s", name)
		}
		object, err := d.object(typeName(string(resource.Tok)), upstream.Schema(), resource.Fields)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		delete(object.outputs, "id") // Pulumi has the id of a resource beside its properties.
		spec.Resources[string(resource.Tok)] = pschema.ResourceSpec{
			ObjectTypeSpec:  pschema.ObjectTypeSpec{Type: "object", Properties: object.outputs},
			InputProperties: object.inputs,
			RequiredInputs:  object.required,
		}
	}
	return json.Marshal(spec)
}

type describer struct {
	pkg   string
	types map[string]pschema.ComplexTypeSpec
}

type object struct {
	inputs   map[string]pschema.PropertySpec
	outputs  map[string]pschema.PropertySpec
	required []string
}

func (d *describer) object(parent string, fields shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo) (object, error) {
	out := object{inputs: map[string]pschema.PropertySpec{}, outputs: map[string]pschema.PropertySpec{}}
	var failure error
	fields.Range(func(key string, field shim.Schema) bool {
		info := infos[key]
		if info != nil && info.Omit {
			return true
		}
		name := tfbridge.TerraformToPulumiNameV2(key, fields, infos)
		spec, err := d.property(parent+strings.ToUpper(name[:1])+name[1:], field, info)
		if err != nil {
			failure = fmt.Errorf("%s: %w", key, err)
			return false
		}
		property := pschema.PropertySpec{TypeSpec: spec, Secret: isSecret(field, info)}
		out.outputs[name] = property
		if !field.Optional() && !field.Required() {
			return true
		}
		out.inputs[name] = property
		if field.Required() && (info == nil || info.Default == nil) {
			out.required = append(out.required, name)
		}
		return true
	})
	slices.Sort(out.required)
	return out, failure
}

func (d *describer) property(name string, field shim.Schema, info *tfbridge.SchemaInfo) (pschema.TypeSpec, error) {
	switch field.Type() {
	case shim.TypeBool:
		return pschema.TypeSpec{Type: "boolean"}, nil
	case shim.TypeInt:
		return pschema.TypeSpec{Type: "integer"}, nil
	case shim.TypeFloat:
		return pschema.TypeSpec{Type: "number"}, nil
	case shim.TypeString:
		return pschema.TypeSpec{Type: "string"}, nil
	case shim.TypeList, shim.TypeSet:
		element, err := d.element(name, field, info)
		if err != nil || tfbridge.IsMaxItemsOne(field, info) {
			return element, err
		}
		return pschema.TypeSpec{Type: "array", Items: &element}, nil
	case shim.TypeMap:
		element, err := d.element(name, field, info)
		if _, single := field.Elem().(shim.Resource); single || err != nil {
			return element, err
		}
		return pschema.TypeSpec{Type: "object", AdditionalProperties: &element}, nil
	case shim.TypeInvalid, shim.TypeDynamic:
	}
	return pschema.TypeSpec{}, fmt.Errorf("type %s is not described", field.Type())
}

func (d *describer) element(name string, field shim.Schema, info *tfbridge.SchemaInfo) (pschema.TypeSpec, error) {
	var elementInfo *tfbridge.SchemaInfo
	var fieldInfos map[string]*tfbridge.SchemaInfo
	if info != nil {
		elementInfo, fieldInfos = info.Elem, info.Fields
	}
	if elementInfo != nil {
		fieldInfos = elementInfo.Fields
	}
	switch element := field.Elem().(type) {
	case nil:
		return pschema.TypeSpec{Type: "string"}, nil
	case shim.Schema:
		return d.property(name, element, elementInfo)
	case shim.Resource:
		object, err := d.object(name, element.Schema(), fieldInfos)
		if err != nil {
			return pschema.TypeSpec{}, err
		}
		token := fmt.Sprintf("%s:index/%s:%s", d.pkg, name, name)
		d.types[token] = pschema.ComplexTypeSpec{
			ObjectTypeSpec: pschema.ObjectTypeSpec{Type: "object", Properties: object.outputs, Required: object.required},
		}
		return pschema.TypeSpec{Ref: "#/types/" + token}, nil
	default:
		return pschema.TypeSpec{}, fmt.Errorf("element %T is not described", element)
	}
}

func isSecret(field shim.Schema, info *tfbridge.SchemaInfo) bool {
	if info != nil && info.Secret != nil {
		return *info.Secret
	}
	return field.Sensitive()
}

func typeName(token string) string { return token[strings.LastIndex(token, ":")+1:] }
