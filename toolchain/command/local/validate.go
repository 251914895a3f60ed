package local

import (
	"fmt"
	"slices"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

var loggings = []string{"stdout", "stderr", "stdoutAndStderr", "none"}

// validators has every input that is understood. An input that is not here is an error: one that is silently dropped would be
// a command that runs other than its author wrote.
var validators = map[string]func(property.Value) error{
	"addPreviousOutputInEnv": boolean,
	"create":                 text,
	"delete":                 text,
	"dir":                    text,
	"environment":            textMap,
	"interpreter":            textList,
	"logging":                logging,
	"stdin":                  text,
	"triggers":               list,
	"update":                 text,
}

// validate returns one failure per wrong input. What is not yet known passes: it is checked again when it is.
func validate(inputs property.Map) []provider.CheckFailure {
	var failures []provider.CheckFailure
	for name, value := range inputs.AllStable {
		if value.IsNull() || value.IsComputed() || strings.HasPrefix(name, "__") {
			continue // Names with two underscores are the engine's.
		}
		reason := fmt.Errorf("this rebuilt command plugin does not know it; use the official plugin %s", Version)
		if check, ok := validators[name]; ok {
			reason = check(value)
		}
		if reason != nil {
			failures = append(failures, provider.CheckFailure{Property: name, Reason: reason.Error()})
		}
	}
	return failures
}

func text(value property.Value) error {
	return expect(value.IsString() || value.IsComputed(), "a string")
}

func boolean(value property.Value) error { return expect(value.IsBool(), "true or false") }

func list(value property.Value) error { return expect(value.IsArray(), "a list") }

func textList(value property.Value) error {
	if !value.IsArray() {
		return expect(false, "a list of strings")
	}
	for _, element := range value.AsArray().All {
		if text(element) != nil {
			return expect(false, "a list of strings")
		}
	}
	return nil
}

func textMap(value property.Value) error {
	if !value.IsMap() {
		return expect(false, "a map of strings")
	}
	for name, element := range value.AsMap().AllStable {
		if err := text(element); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("%q is not the name of an environment variable", name)
		}
	}
	return nil
}

func logging(value property.Value) error {
	return expect(value.IsString() && slices.Contains(loggings, value.AsString()), "one of "+strings.Join(loggings, ", "))
}

func expect(ok bool, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("expected %s", what)
}
