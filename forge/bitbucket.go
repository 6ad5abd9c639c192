package forge

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gitops/sluice/record"
)

// buildStates are the words of both Bitbuckets for a state.
var buildStates = map[record.StatusState]string{
	record.StatusPending: "INPROGRESS", record.StatusSuccess: "SUCCESSFUL", record.StatusFailure: "FAILED", record.StatusError: "FAILED",
}

// bitbucket is Bitbucket Cloud (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/).
type bitbucket struct {
	*client
	repository string // workspace/slug
	heads      heads
}

// bitbucketAPI is where the API is: on a host of its own.
func bitbucketAPI(base *url.URL) *url.URL {
	if base.Host != "bitbucket.org" {
		return base.JoinPath("2.0") // a stand-in
	}
	api := *base
	api.Host = "api.bitbucket.org"
	return api.JoinPath("2.0")
}

// bitbucketText is the most runes of a name or a description.
const bitbucketText = 255

// buildStatus is a status as both Bitbuckets take it. The address is required there.
func buildStatus(s Status) map[string]string {
	return map[string]string{
		"state": buildStates[s.State], "key": buildKey(s.Context), "name": cut(s.Context, bitbucketText),
		"description": plainLine(s.Text, bitbucketText), "url": s.URL,
	}
}

// buildKey stands for a context in 40 characters, which is all that a key holds.
func buildKey(context string) string {
	sum := sha1.Sum([]byte(context))
	return hex.EncodeToString(sum[:])
}

// SetStatus posts a status; one with the same context takes the place of the last.
func (b *bitbucket) SetStatus(ctx context.Context, commit string, s Status) error {
	got, err := b.call(ctx, http.MethodPost, "/repositories/"+b.repository+"/commit/"+url.PathEscape(commit)+"/statuses/build", buildStatus(s), nil)
	if got.status == http.StatusNotFound && !strings.Contains(strings.ToLower(got.words), "commit") {
		return notThere(err, b.repository)
	}
	return err
}

// dataCenter is Bitbucket Data Center (https://developer.atlassian.com/server/bitbucket/rest/).
type dataCenter struct {
	*client
	repository string // projects/KEY/repos/slug
	name       string
}

func newDataCenter(c *client, repository string) *dataCenter {
	project, slug, _ := strings.Cut(repository, "/")
	return &dataCenter{c, "/projects/" + url.PathEscape(project) + "/repos/" + url.PathEscape(slug), repository}
}

// SetStatus posts a status; one with the same context takes the place of the last.
func (d *dataCenter) SetStatus(ctx context.Context, commit string, s Status) error {
	_, err := d.call(ctx, http.MethodPost, d.repository+"/commits/"+url.PathEscape(commit)+"/builds", buildStatus(s), nil)
	fault, ok := errors.AsType[*Error](err)
	if ok && fault.Status == http.StatusNotFound && strings.Contains(fault.What, "Repository") {
		return notThere(err, d.name)
	}
	return err
}
