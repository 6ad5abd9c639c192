package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/cmd/sluice/daemon"
	"github.com/sluice-gitops/sluice/settings"
	"github.com/sluice-gitops/sluice/source"
)

// promoteFlags are what promote is asked to do.
type promoteFlags struct {
	config, commit, repo, branch, output string
	layers                               []string
	dryRun, force, pullRequest           bool
}

func (a *app) promoteCommand() *cobra.Command {
	var f promoteFlags
	cmd := &cobra.Command{
		Use:   "promote FROM TO",
		Short: "Move the pins of an environment to what another one runs, as a commit on a branch",
		Long: `Promote works out which pins of TO differ from what FROM has applied, shows what moving them would change, and writes a commit
to a new branch of a local clone. With --pull-request it pushes the branch and opens a pull request instead, or brings the open one up to
date. Only the revisions of TO's pins change, where they stand; a pin that another environment reads as well
does not move. No work tree is touched.`,
		Example: `  sluice promote uat prod -c sluice-daemon.yaml
  sluice promote uat prod -c sluice-daemon.yaml --layer services/users --dry-run
  sluice promote uat prod -c sluice-daemon.yaml --pull-request`,
		Args: takes("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.promote(cmd.Context(), f, args[0], args[1]) },
	}
	configFlag(cmd, &f.config)
	repoFlag(cmd, &f.repo)
	cmd.Flags().StringVar(&f.commit, "commit", "", "take `COMMIT` for what FROM runs, instead of asking the journal")
	cmd.Flags().StringArrayVar(&f.layers, "layer", nil, "move the pin of this `PATH` only; may be given several times")
	cmd.Flags().StringVar(&f.branch, "branch", "", "the `NAME` of the branch; promote/TO-COMMIT when not given")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be done, and write nothing")
	cmd.Flags().BoolVar(&f.pullRequest, "pull-request", false, "push the branch sluice/promote-TO, and open a pull request")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace a branch of that name")
	outputFlag(cmd, &f.output, "text", "json", "yaml")
	cmd.ValidArgsFunction = completeTwo(&f.repo)
	return cmd
}

func (a *app) promote(ctx context.Context, f promoteFlags, from, to string) error {
	if f.config == "" && f.commit == "" {
		return usageError{errors.New("what " + from + " runs is not known: give the daemon's file with -c FILE, or --commit COMMIT")}
	}
	var s *settings.Settings
	if f.config != "" {
		loaded, err := a.load(f.config)
		if err != nil {
			return err
		}
		s = &loaded
	}
	if f.pullRequest && (s == nil || s.Forge.Type == "" || f.branch != "") {
		return usageError{errors.New("--pull-request needs -c FILE with a forge in it, and names its branch itself")}
	}
	p, err := a.openPromotion(ctx, f, s, from, to)
	if err != nil {
		return err
	}
	defer p.close()
	doc := p.document()
	if len(p.Moves) > 0 {
		err = a.carryOut(ctx, p, f, s, &doc)
	}
	if err != nil {
		return err
	}
	if f.output != "text" {
		return a.write(f.output, doc)
	}
	a.printPromotion(doc)
	return nil
}

// carryOut shows what the moved pins would change, and writes the commit.
func (a *app) carryOut(ctx context.Context, p *promoting, f promoteFlags, s *settings.Settings, doc *promotionDocument) error {
	edited, err := p.Edit()
	if err != nil {
		return err
	}
	if s != nil {
		err = a.planPromotion(ctx, p, edited, *s, doc)
	} else {
		err = p.compare(edited, doc)
	}
	if err != nil || f.dryRun {
		return err
	}
	if f.pullRequest {
		return p.offer(ctx, *s, doc)
	}
	doc.Branch = doc.PullRequest.Branch
	if f.branch != "" {
		doc.Branch, doc.PullRequest.Branch = f.branch, f.branch
	}
	files := map[string][]byte{}
	for file, data := range edited.Files {
		files[path.Join(p.clone.root, file)] = data
	}
	made, err := p.clone.Commit(source.Draft{
		Branch: doc.Branch, Parent: p.Head.Commit.Hash, Files: files,
		Message: doc.PullRequest.message(), When: time.Now(), Force: f.force,
	})
	doc.Commit = made.Hash
	return err
}

// appliedBy returns the commit that an environment has applied and verified.
func appliedBy(s settings.Settings, env string) (string, error) {
	past, err := daemon.ReadJournal(s)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noJournal(s.Journal.Path)
	}
	if err != nil {
		return "", err
	}
	defer past.Close()
	last, ok := past.LastApplied(env, "")
	if !ok {
		return "", fmt.Errorf("%s has nothing applied yet\n\thint: `sluice history %s` shows what was tried", env, env)
	}
	return last.Commit, nil
}
