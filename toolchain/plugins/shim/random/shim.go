// Package shim hands out the random provider, which lives in an internal package.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	internal "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider returns the provider.
func NewProvider() provider.Provider { return internal.New() }
