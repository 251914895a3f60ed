// Command pulumi-resource-command is Pulumi's command plugin, rebuilt: local.Command of @pulumi/command 1.2.1.
package main

import (
	"context"
	"fmt"
	"os"

	provider "github.com/pulumi/pulumi-go-provider"

	"pgtenants/toolchain/command/local"
)

func main() {
	if err := provider.RunProvider(context.Background(), "command", local.Version, local.Provider()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
