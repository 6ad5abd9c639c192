package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/manual"
)

// manCommand writes the manual pages, for packages and for those who install by hand.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a directory",
		Example: `  sluice man ./pages
  man ./pages/sluice-plan.1`,
		Args: takes("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			written, err := manual.Write(args[0], cmd.Root(), moduleVersion())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s written into %s\n", count(len(written), "manual page"), args[0])
			return err
		},
	}
}
