package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Write writes the pages of root and all commands below it into dir, which is made when it is not there. Version is shown at the foot
// of each page. It returns the names of the files in the order in which they were written.
func Write(dir string, root *cobra.Command, version string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of the manual: %w", err)
	}
	written := []string{"sluice-daemon.yaml.5"}
	pages := []string{fileText(version)}
	for _, cmd := range all(root) {
		written = append(written, pageName(cmd)+".1")
		pages = append(pages, commandText(cmd, version))
	}
	for i, name := range written {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(pages[i]), 0o644); err != nil {
			return nil, fmt.Errorf("write the manual page %s: %w", name, err)
		}
	}
	return written, nil
}

// all are the commands that people can see, each before those below it.
func all(cmd *cobra.Command) []*cobra.Command {
	commands := []*cobra.Command{cmd}
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			commands = append(commands, all(below)...)
		}
	}
	return commands
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }
