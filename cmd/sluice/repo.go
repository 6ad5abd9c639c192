package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/environments"
	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/policy"
	"github.com/sluice-gitops/sluice/render"
)

// repoFlag adds --repo, the work tree that the offline commands read.
func repoFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "repo", ".", "a `DIR` in the config repo's work tree")
	_ = cmd.MarkFlagDirname("repo")
}

// repoRoot returns the root of the config repo that dir is in: the nearest directory upwards that holds sluice.yaml.
func repoRoot(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for root := absolute; ; root = filepath.Dir(root) {
		if _, err := os.Lstat(filepath.Join(root, "sluice.yaml")); err == nil {
			return root, nil
		}
		if root == filepath.Dir(root) {
			return "", diag.List{diag.Errorf(diag.Pos{}, "no-config-repo", "no sluice.yaml in %s or above", absolute).
				WithHint("`sluice init` begins a config repo; --repo names one elsewhere")}
		}
	}
}

// offline is a config repo read without a daemon: run-time values stay unresolved.
type offline struct {
	fs       fs.FS
	tree     environments.Tree
	renderer *render.Renderer
	policies policy.Set
}

func openOffline(dir string) (*offline, error) {
	root, err := repoRoot(dir)
	if err != nil {
		return nil, err
	}
	return newOffline(os.DirFS(root), newWorkTree(root).past), nil
}

// newOffline reads a config repo; past opens the commits that its layers are pinned to.
func newOffline(fsys fs.FS, past environments.Past) *offline {
	keys := userKeys()
	o := &offline{fs: fsys, tree: environments.LoadPinned(fsys, keys, past), renderer: render.New()}
	o.renderer.Keys = keys
	set, faults := policy.Load(fsys)
	if !o.tree.Faults.HasErrors() {
		faults.Add(set.CheckNames(o.tree.Names())...)
	}
	o.tree.Faults.Add(faults...)
	o.policies = set
	return o
}

// find returns an environment, or the faults that may be why it is not there.
func (o *offline) find(name string) (environments.Environment, error) {
	env, ok := o.tree.Find(name)
	if ok {
		return env, nil
	}
	if err := o.tree.Faults.Err(); err != nil {
		return env, err
	}
	var names []string
	for _, env := range o.tree.Environments {
		names = append(names, env.Name)
	}
	return env, noEnvironment(name, names)
}

// noEnvironment says which environments there are, when one is asked for that is not there.
func noEnvironment(name string, names []string) error {
	return fmt.Errorf("no environment %q; %s", name, diag.DidYouMean(name, names, "there are "+strings.Join(names, ", ")))
}

// completeEnvironments makes the shell offer the environments of the config repo, and their groups where groups is set.
func completeEnvironments(repo *string, groups bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		o, err := openOffline(*repo)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, env := range o.tree.Environments {
			names = append(names, env.Name)
			for _, group := range env.Groups() {
				if groups {
					names = append(names, env.Name+"/"+group)
				}
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// render renders one group with all faults that concern it.
func (o *offline) render(env environments.Environment, group string) (gateway.State, diag.List) {
	var faults diag.List
	faults.Add(o.tree.Faults...)
	faults.Add(env.Faults...)
	if faults.HasErrors() {
		return nil, faults.Sorted()
	}
	state, found := o.renderer.Render(o.fs, o.tree, env, group, nil)
	faults.Add(found...)
	return state, faults.Sorted()
}
