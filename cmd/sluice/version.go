package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "sluice %s\n", version())
			return err
		},
	}
}

// What a release says of itself; the linker sets both (tools/release). Other builds leave them empty.
var builtVersion, builtCommit string

// version is what the build says of itself: the version, the commit when it is known, and with what it was built. It holds no date.
func version() string {
	text := moduleVersion()
	if commit := buildCommit(); commit != "" {
		text += " (" + short(commit) + ")"
	}
	return fmt.Sprintf("%s %s %s/%s", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildCommit is the commit that was built; empty when it is not known.
func buildCommit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || builtCommit != "" {
		return builtCommit
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}

// moduleVersion is the version of a release, else the one that the module was built as.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(builtVersion, "unknown")
	}
	return cmp.Or(builtVersion, info.Main.Version, "(devel)")
}
