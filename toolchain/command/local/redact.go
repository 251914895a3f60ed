package local

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	redacted = "[secret]"
	// minSecret is the length in bytes from which a value is taken out: shorter ones occur in any text by chance, and taking
	// them out would make an error unreadable and guessable.
	minSecret = 4
)

// redactor takes secret input values out of text that people will read. It knows values, not meanings: what a command makes
// of a secret (a hash, an encoding, a part of a line) stays.
type redactor struct{ secrets []string }

// newRedactor collects the secret strings in the inputs and the earlier outputs: each whole, and each of its lines, because
// programs quote the line that they could not read.
func newRedactor(inputs, previous property.Map) redactor {
	var r redactor
	for _, value := range inputs.All {
		r.collect(value, false)
	}
	r.collect(previous.Get("stdout"), false)
	r.collect(previous.Get("stderr"), false)
	// The longest first: a secret that contains another is taken out whole.
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
	return r
}

func (r *redactor) collect(value property.Value, insideSecret bool) {
	secret := insideSecret || value.Secret()
	switch {
	case value.IsString() && secret:
		r.add(strings.TrimSpace(value.AsString()))
		for line := range strings.Lines(value.AsString()) {
			r.add(strings.TrimSpace(line))
		}
	case value.IsArray():
		for _, element := range value.AsArray().All {
			r.collect(element, secret)
		}
	case value.IsMap():
		for _, element := range value.AsMap().All {
			r.collect(element, secret)
		}
	}
}

func (r *redactor) add(secret string) {
	if len(secret) >= minSecret && !slices.Contains(r.secrets, secret) {
		r.secrets = append(r.secrets, secret)
	}
}

func (r redactor) clean(text string) string {
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}
