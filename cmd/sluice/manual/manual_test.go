package manual_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/manual"
	"github.com/sluice-gitops/sluice/settings"
)

// program is a small program with everything that a page can be made of.
func program() *cobra.Command {
	nothing := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "sluice", Short: "Do things", Long: "Sluice does things.\n\n    sluice plan   look\n\n.starts with a dot\n'and a quote", Run: nothing}
	plan := &cobra.Command{Use: "plan [ENV]", Short: `Look at \things`, Example: "  sluice plan --deep\n    more", Run: nothing, DisableFlagsInUseLine: true}
	plan.Flags().StringP("output", "o", "text", "the `FORMAT` of it")
	plan.Flags().Bool("unseen", false, "for tests")
	_ = plan.Flags().MarkHidden("unseen")
	pull := &cobra.Command{Use: "pull", Short: "Pull it", Run: nothing}
	plan.AddCommand(pull)
	hidden := &cobra.Command{Use: "hidden", Short: "Not for people", Hidden: true, Run: nothing}
	root.AddCommand(plan, hidden)
	return root
}

func write(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "pages")
	names, err := manual.Write(dir, program(), "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return dir, names
}

func TestWrite(t *testing.T) {
	dir, names := write(t)
	want := []string{"sluice-daemon.yaml.5", "sluice.1", "sluice-plan.1", "sluice-plan-pull.1"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	page, err := os.ReadFile(filepath.Join(dir, "sluice-plan.1"))
	if err != nil {
		t.Fatal(err)
	}
	golden := `.TH "SLUICE\-PLAN" 1 "" "sluice 1.2.3" "Sluice"
.SH "NAME"
sluice\-plan \- Look at \ethings
.SH "SYNOPSIS"
sluice plan [ENV]
.SH "DESCRIPTION"
.PP
Look at \ethings.
.SH "COMMANDS"
.TP
\fBpull\fR
Pull it
.SH "OPTIONS"
.TP
\fB\-h, \-\-help\fR
help for plan
.TP
\fB\-o, \-\-output FORMAT\fR
the FORMAT of it
.SH "EXAMPLES"
.PP
.RS 4
.nf
sluice plan \-\-deep
  more
.fi
.RE
.SH "EXIT STATUS"
`
	if got, _, _ := strings.Cut(string(page), ".TP\n\\fB0\\fR"); got != golden {
		t.Errorf("page (-want +got):\n%s", cmp.Diff(golden, got))
	}
}

// TestThePageOfTheFileHasEveryKey holds the manual to the keys that the program reads.
func TestThePageOfTheFileHasEveryKey(t *testing.T) {
	dir, names := write(t)
	page, err := os.ReadFile(filepath.Join(dir, names[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range settings.Keys() {
		if !strings.Contains(string(page), "\n\\fB"+key.Path+"\\fR\n") {
			t.Errorf("no %s", key.Path)
		}
	}
}

// TestReadersTakeThePages shows each page with the reader of this machine, which warns of what it can't make sense of.
func TestReadersTakeThePages(t *testing.T) {
	reader, err := exec.LookPath("man")
	if err != nil {
		t.Skip("SKIPPED: the manual pages are NOT shown by a reader: man is not installed here")
	}
	dir, names := write(t)
	for _, name := range names {
		show := exec.Command(reader, "--warnings", "--encoding=UTF-8", "-l", filepath.Join(dir, name))
		show.Env = append(os.Environ(), "MANWIDTH=100", "MAN_KEEP_FORMATTING=", "LC_ALL=C.UTF-8", "MANROFFOPT=", "PAGER=cat")
		var warnings strings.Builder
		show.Stderr = &warnings
		shown, err := show.Output()
		if err != nil || warnings.Len() > 0 || len(shown) == 0 {
			t.Errorf("%s: %v %s", name, err, warnings.String())
		}
		if name == "sluice.1" && (!strings.Contains(string(shown), ".starts with a dot") || !strings.Contains(string(shown), "'and a quote")) {
			t.Errorf("lines that look like requests are lost:\n%s", shown)
		}
	}
}
