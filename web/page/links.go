package page

import (
	"net/url"
	"strconv"

	"github.com/sluice-gitops/sluice/insight"
)

// The addresses of the pages. Names of others become one segment or one parameter each, whatever they hold.

func environmentURL(environment string) string { return "/environments/" + url.PathEscape(environment) }

func turnURL(environment, commit string) string {
	return environmentURL(environment) + "/commits/" + url.PathEscape(commit)
}

func groupURL(group, environment string) string {
	return "/groups/" + url.PathEscape(group) + asked("environment", environment)
}

func resourceURL(environment, kind, id string) string {
	return "/resources" + asked("environment", environment, "resource", kind+"/"+id)
}

// skewURL compares two environments or, in an environment, two commits.
func skewURL(environment, first, second string) string {
	return "/skew" + asked("environment", environment, "first", first, "second", second)
}

// actURL is where the form of an act leads: "sync", or for an environment "pause", "resume", "retry".
func actURL(environment, act string) string {
	if environment == "" {
		return "/api/v1/" + act
	}
	return "/api/v1" + environmentURL(environment) + "/" + act
}

// asked is a query of names and values; the empty ones are left out.
func asked(pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// paging leads through a list.
type paging struct {
	From, To, Total int // from 1
	Prev, Next      string
	What            string // what is listed: "groups"
	Into            string // the id of the element that a script replaces; empty: the page
}

// pages makes the links before and after what is shown of a list. The address keeps everything else that was asked for.
func pages(u *url.URL, shown insight.Page, count int, what, into string) paging {
	p := paging{From: shown.Offset + 1, To: shown.Offset + count, Total: shown.Total, What: what, Into: into}
	if shown.Offset > 0 {
		p.Prev = withOffset(u, max(shown.Offset-shown.Limit, 0))
	}
	if p.To < p.Total && count > 0 {
		p.Next = withOffset(u, p.To)
	}
	return p
}

func withOffset(u *url.URL, offset int) string {
	query := u.Query()
	query.Del("offset")
	if offset > 0 {
		query.Set("offset", strconv.Itoa(offset))
	}
	if len(query) == 0 {
		return u.EscapedPath()
	}
	return u.EscapedPath() + "?" + query.Encode()
}

// pageOf reads what part of a list is asked for.
func pageOf(query url.Values, limit int) (insight.Page, error) {
	page := insight.Page{Limit: limit}
	if text := query.Get("offset"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return page, &insight.QueryError{Field: "offset", What: "this is not a number from 0 on"}
		}
		page.Offset = n
	}
	return page, nil
}
