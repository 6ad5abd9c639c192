package preview

import (
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/forge"
)

// FileLinks returns what Config.File is for a forge at an address: how a line of a file is shown there.
func FileLinks(kind, address, repository string) func(commit, path string, line int) string {
	address = strings.TrimSuffix(address, "/")
	form := map[string]string{
		forge.GitHub:    "/%s/blob/%s/%s#L%d",
		forge.GitLab:    "/%s/-/blob/%s/%s#L%d",
		forge.Gitea:     "/%s/src/commit/%s/%s#L%d",
		forge.Bitbucket: "/%s/src/%s/%s#lines-%d",
	}[kind]
	if kind == forge.BitbucketServer {
		project, name, _ := strings.Cut(repository, "/")
		return func(commit, path string, line int) string {
			return fmt.Sprintf("%s/projects/%s/repos/%s/browse/%s?at=%s#%d", address, url.PathEscape(project), url.PathEscape(name), escaped(path), commit, line)
		}
	}
	return func(commit, path string, line int) string {
		return address + fmt.Sprintf(form, escaped(repository), commit, escaped(path), max(line, 1))
	}
}

// CommitLink returns where a forge at an address shows a commit.
func CommitLink(kind, address, repository, commit string) string {
	address = strings.TrimSuffix(address, "/")
	switch kind {
	case forge.BitbucketServer:
		project, name, _ := strings.Cut(repository, "/")
		return fmt.Sprintf("%s/projects/%s/repos/%s/commits/%s", address, url.PathEscape(project), url.PathEscape(name), commit)
	case forge.GitLab:
		return fmt.Sprintf("%s/%s/-/commit/%s", address, escaped(repository), commit)
	case forge.Bitbucket:
		return fmt.Sprintf("%s/%s/commits/%s", address, escaped(repository), commit)
	}
	return fmt.Sprintf("%s/%s/commit/%s", address, escaped(repository), commit)
}

// NewPullLinks returns what tells where a pull request from a branch of the repository into base is opened on a forge at an address.
func NewPullLinks(kind, address, repository, base string) func(branch string) string {
	address = strings.TrimSuffix(address, "/")
	return func(branch string) string {
		from, into := url.QueryEscape(branch), url.QueryEscape(base)
		switch kind {
		case forge.BitbucketServer:
			project, name, _ := strings.Cut(repository, "/")
			return fmt.Sprintf("%s/projects/%s/repos/%s/pull-requests?create&sourceBranch=%s&targetBranch=%s", address,
				url.PathEscape(project), url.PathEscape(name), url.QueryEscape("refs/heads/"+branch), url.QueryEscape("refs/heads/"+base))
		case forge.GitLab:
			return fmt.Sprintf("%s/%s/-/merge_requests/new?merge_request%%5Bsource_branch%%5D=%s&merge_request%%5Btarget_branch%%5D=%s", address, escaped(repository), from, into)
		case forge.Bitbucket:
			return fmt.Sprintf("%s/%s/pull-requests/new?source=%s&dest=%s", address, escaped(repository), from, into)
		case forge.GitHub:
			return fmt.Sprintf("%s/%s/compare/%s...%s?expand=1", address, escaped(repository), escaped(base), escaped(branch))
		}
		return fmt.Sprintf("%s/%s/compare/%s...%s", address, escaped(repository), escaped(base), escaped(branch))
	}
}

// escaped escapes each part of a path, brackets too: they would end a link.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = strings.NewReplacer("(", "%28", ")", "%29").Replace(url.PathEscape(part))
	}
	return strings.Join(parts, "/")
}

// hashOf tells the content hash of a file.
func hashOf(fsys fs.FS, path string) (string, bool) {
	known, ok := fsys.(interface{ Hash(string) (string, bool) })
	if !ok {
		return "", false
	}
	return known.Hash(path)
}
