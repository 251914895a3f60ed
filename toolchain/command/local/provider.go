// Package local is the resource command:local:Command: a command that runs when the resource is created, updated or deleted.
//
// It works on property values, not on Go structs, because it must see which inputs are secret and which are not yet known.
package local

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/middleware/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Version is that of the npm package @pulumi/command whose behaviour this is.
const Version = "1.2.1"

const commandType = "command:local:Command"

//go:embed schema.json
var schema string

var kinds = map[plugin.DiffKind]provider.DiffKind{
	plugin.DiffAdd:    provider.Add,
	plugin.DiffDelete: provider.Delete,
	plugin.DiffUpdate: provider.Update,
}

// Provider returns the plugin. The cancel middleware ends the context of running commands when the engine cancels, and when a
// custom timeout of the resource has passed.
func Provider() provider.Provider {
	return cancel.Wrap(provider.Provider{
		GetSchema: func(context.Context, provider.GetSchemaRequest) (provider.GetSchemaResponse, error) {
			return provider.GetSchemaResponse{Schema: schema}, nil
		},
		CheckConfig: func(_ context.Context, request provider.CheckRequest) (provider.CheckResponse, error) {
			return provider.CheckResponse{Inputs: request.Inputs}, nil
		},
		DiffConfig: func(context.Context, provider.DiffRequest) (provider.DiffResponse, error) {
			return provider.DiffResponse{}, nil
		},
		Invoke: func(_ context.Context, request provider.InvokeRequest) (provider.InvokeResponse, error) {
			return provider.InvokeResponse{}, notRebuilt(string(request.Token))
		},
		Check:  check,
		Diff:   diff,
		Create: create,
		Read:   read,
		Update: update,
		Delete: remove,
	})
}

func check(_ context.Context, request provider.CheckRequest) (provider.CheckResponse, error) {
	if request.Urn.Type() != commandType {
		return provider.CheckResponse{}, notRebuilt(string(request.Urn.Type()))
	}
	return provider.CheckResponse{Inputs: request.Inputs, Failures: validate(request.Inputs)}, nil
}

// diff replaces when a trigger changes, as the SDK also asks the engine to, and updates when anything else does.
func diff(_ context.Context, request provider.DiffRequest) (provider.DiffResponse, error) {
	changes := resource.ToResourcePropertyMap(request.OldInputs).Diff(resource.ToResourcePropertyMap(request.Inputs))
	detailed := map[string]provider.PropertyDiff{}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(changes, true) {
		kind := kinds[change.Kind]
		if path == "triggers" || strings.HasPrefix(path, "triggers[") {
			kind += "&replace"
		}
		detailed[path] = provider.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return provider.DiffResponse{HasChanges: len(detailed) > 0, DetailedDiff: detailed}, nil
}

func create(ctx context.Context, request provider.CreateRequest) (provider.CreateResponse, error) {
	id, err := resource.NewUniqueHex(request.Urn.Name(), 8, 0)
	if err != nil {
		return provider.CreateResponse{}, err
	}
	outputs, err := apply(ctx, request.Properties, property.Map{}, []string{"create"}, request.DryRun)
	if err != nil {
		return provider.CreateResponse{}, err
	}
	return provider.CreateResponse{ID: id, Properties: outputs}, nil
}

func update(ctx context.Context, request provider.UpdateRequest) (provider.UpdateResponse, error) {
	outputs, err := apply(ctx, request.Inputs, request.State, []string{"update", "create"}, request.DryRun)
	if err != nil {
		return provider.UpdateResponse{}, err
	}
	return provider.UpdateResponse{Properties: outputs}, nil
}

func remove(ctx context.Context, request provider.DeleteRequest) error {
	_, err := apply(ctx, request.Properties, request.Properties, []string{"delete"}, false)
	return err
}

// read has nothing to look at: what a command did is known to the command only.
func read(_ context.Context, request provider.ReadRequest) (provider.ReadResponse, error) {
	return provider.ReadResponse{ID: request.ID, Properties: request.Properties, Inputs: request.Inputs}, nil
}

// apply runs the first command that is set of those named, and returns the inputs with stdout and stderr beside them. With no
// command, both stay what they were; in a preview, both are unknown if a command would run.
func apply(
	ctx context.Context, inputs, previous property.Map, commands []string, preview bool,
) (property.Map, error) {
	secret := isTainted(inputs, previous)
	outputs := func(stdout, stderr property.Value) property.Map {
		return inputs.Set("stdout", stdout.WithSecret(secret)).Set("stderr", stderr.WithSecret(secret))
	}
	command, found := firstSet(inputs, commands)
	if !found {
		return outputs(orEmpty(previous.Get("stdout")), orEmpty(previous.Get("stderr"))), nil
	}
	if preview {
		return outputs(property.New(property.Computed), property.New(property.Computed)), nil
	}
	result, err := run(ctx, newExecution(command.AsString(), inputs, previous))
	if err != nil {
		return property.Map{}, err
	}
	return outputs(property.New(result.stdout), property.New(result.stderr)), nil
}

// isTainted tells whether the command can have printed a secret: an input is one, or an earlier output was and the command
// gets it in its environment.
func isTainted(inputs, previous property.Map) bool {
	for name, value := range inputs.All {
		if name != "stdout" && name != "stderr" && value.HasSecrets() {
			return true
		}
	}
	return passesPreviousOutput(inputs) && (previous.Get("stdout").HasSecrets() || previous.Get("stderr").HasSecrets())
}

func firstSet(inputs property.Map, names []string) (property.Value, bool) {
	for _, name := range names {
		if value, ok := inputs.GetOk(name); ok && !value.IsNull() {
			return value, true
		}
	}
	return property.Value{}, false
}

func orEmpty(value property.Value) property.Value {
	if value.IsNull() {
		return property.New("")
	}
	return value
}

func notRebuilt(token string) error {
	return fmt.Errorf("%s: this rebuilt command plugin has %s only; use the official plugin %s for the rest",
		token, commandType, Version)
}
