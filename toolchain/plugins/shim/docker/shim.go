// Package shim hands out the Docker provider, which lives in an internal package.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the provider. The version is what it calls itself in the engine's access log.
func NewProvider(version string) *schema.Provider { return provider.New(version)() }
