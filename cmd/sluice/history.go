package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/record"
	"github.com/sluice-gitops/sluice/settings"
)

func (a *app) historyCommand() *cobra.Command {
	var config, output string
	var limit int
	var verify, pauses bool
	cmd := &cobra.Command{
		Use:   "history -c FILE [ENV]",
		Short: "Show the journal of applied commits, or prove that it is whole",
		Args:  takes("[ENV]"),
		RunE: func(_ *cobra.Command, args []string) error {
			if limit < 0 {
				return usageError{fmt.Errorf("limit %d: want 0 or more", limit)}
			}
			s, err := a.load(config)
			if err != nil {
				return err
			}
			if verify {
				return a.verify(s)
			}
			filter := record.Filter{Limit: limit}
			if len(args) == 1 {
				filter.Environment = args[0]
			}
			if pauses {
				return a.pauses(s, filter, output)
			}
			return a.history(s, filter, output)
		},
	}
	configFlag(cmd, &config)
	cmd.Flags().IntVar(&limit, "limit", 50, "show at most `NUMBER` entries; 0 means all")
	cmd.Flags().BoolVar(&verify, "verify", false, "check the chain of the journal, offline")
	cmd.Flags().BoolVar(&pauses, "pauses", false, "show only who has paused what, and who has ended it")
	outputFlag(cmd, &output, "text", "json", "yaml")
	return cmd
}

func readJournal(s settings.Settings) (*record.View, error) {
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noJournal(s.Journal.Path)
	}
	return past, err
}

func (a *app) history(s settings.Settings, filter record.Filter, output string) error {
	past, err := readJournal(s)
	if err != nil {
		return err
	}
	defer past.Close()
	entries, err := past.Entries(filter)
	if err != nil {
		return err
	}
	if output != "text" {
		return a.write(output, append([]record.Entry{}, entries...))
	}
	asides, err := asidesOf(past, filter)
	if err != nil {
		return err
	}
	if len(entries)+len(asides) == 0 {
		fmt.Fprintln(a.stderr, "sluice: the journal holds no such entries")
	}
	return historyTable(entries, asides, filter.Limit).write(a.stdout)
}

// historyTable lays entries and asides out, the newest first, and at most limit of them; 0 means all.
func historyTable(entries []record.Entry, asides []aside, limit int) *table {
	var t table
	for len(entries)+len(asides) > 0 && (limit == 0 || len(t.rows) < limit) {
		if len(entries) == 0 || len(asides) > 0 && asides[0].at.After(entries[0].Started) {
			t.addAside(asides[0])
			asides = asides[1:]
			continue
		}
		t.addEntry(entries[0])
		entries = entries[1:]
	}
	return &t
}

func (t *table) addEntry(e record.Entry) {
	where := e.Environment
	if e.Group != "" {
		where += "/" + e.Group
	}
	note, _, _ := strings.Cut(entryNote(e), "\n")
	t.add(cell{e.Started.Local().Format(time.DateTime), dim}, cell{short(e.Commit), ""}, cell{where, bold},
		stateCell(string(e.State)), cell{note, ""}, cell{e.Subject, dim})
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// journalName names where the journal is.
func journalName(s settings.Settings) string {
	if etcd := s.Journal.Etcd; etcd.Used() {
		return "in etcd below " + etcd.Prefix
	}
	return s.Journal.Path
}

func noJournal(path string) error {
	return fmt.Errorf("no journal %s\n\thint: it begins with the first apply; journal.path in the daemon's file names it", path)
}

func entryNote(e record.Entry) string {
	switch {
	case e.Restores != "":
		return "restores " + short(e.Restores)
	case e.CarriedBy != "":
		return "carried by " + short(e.CarriedBy)
	case e.Group == "":
		return e.Text
	case e.Error != "":
		return cause(e) + ": " + e.Error
	}
	text := fmt.Sprintf("%s: +%d ~%d -%d", cause(e), e.Created, e.Updated, e.Deleted)
	if e.Adopted > 0 {
		text += fmt.Sprintf(", %d adopted", e.Adopted)
	}
	return text
}

// cause says why a group was written.
func cause(e record.Entry) string {
	if e.Reason == "canary" && e.Text != "" {
		return e.Text
	}
	return e.Reason
}

func (a *app) verify(s settings.Settings) error {
	report, err := daemon.VerifyJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		return noJournal(s.Journal.Path)
	}
	if err != nil {
		return err
	}
	if report.Broken > 0 {
		return fmt.Errorf("journal %s is broken at line %d: %s\n\thint: what stands before line %d is whole; put the rest back from a backup",
			journalName(s), report.Broken, report.Why, report.Broken)
	}
	_, err = fmt.Fprintf(a.stdout, "journal is whole: %d lines, %d entries, head %s\n", report.Lines, report.Entries, report.Head)
	if report.Open > 0 || report.Torn > 0 {
		fmt.Fprintf(a.stderr, "sluice: an apply is under way or was interrupted: %s open, %s of a torn line\n",
			entries(report.Open), count(int(report.Torn), "byte"))
	}
	return err
}
