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
