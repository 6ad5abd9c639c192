package page_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/sluice-gitops/sluice/insight"
	"github.com/sluice-gitops/sluice/web/page"
)

func operator(*http.Request) page.Visitor {
	return page.Visitor{Name: "ada", Operator: true, Logout: true, CSRF: "c5rf"}
}

func handler(s *scene, visitor func(*http.Request) page.Visitor) *page.Handler {
	return page.New(page.Config{Insight: s, Visitor: visitor, Now: noon, Version: "v1.2.3"})
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}

// paths are addresses of every view.
func paths(s *scene) []string {
	env := "prod"
	if n := len(s.now.Environments); n > 0 {
		env = s.now.Environments[n-1].Name
	}
	e, g := "/environments/"+url.PathEscape(env), "/groups/"+url.PathEscape(cmp.Or(s.group.Name, "nobody"))
	in := "?environment=" + url.QueryEscape(env)
	return []string{
		"/", e, e + "/commits/9f1c2b3", e + "/commits/9f1c2b3/changes", e + "/commits/9f1c2b3/plan", "/groups", "/groups?text=zzz", g + in, g + "/instances" + in,
		g + "/live" + in, "/history", "/history?environment=uat&text=x&before=99", "/skew", "/skew?first=uat&second=prod", "/skew" + in, "/skew" + in + "&first=9f1c2b3&second=1a2b3c4", "/resources", "/resources" + in + "&resource=routes/login",
	}
}

// TestEveryPageIsSound draws every view of every scene, for who may act and for who may not, and reads it as a browser would.
func TestEveryPageIsSound(t *testing.T) {
	scenes := map[string]*scene{"ordinary": ordinary(), "crowded": crowded(1000), "hostile": hostile(), "unread": unread(), "bare": bare(), "begun": begun()}
	for name, s := range scenes {
		for who, visitor := range map[string]func(*http.Request) page.Visitor{"operator": operator, "somebody": nil} {
			h := handler(s, visitor)
			for _, path := range paths(s) {
				w := get(t, h, path)
				if missing := s.turn.Commit.Hash == ""; !missing && w.Code != http.StatusOK {
					t.Errorf("%s %.60s: %d %s", name, path, w.Code, w.Body)
				}
				where := fmt.Sprintf("%s, %s, %.60s", name, who, path)
				parse(t, where, w.Body).sound()
			}
		}
	}
}

// TestNothingBreaksOut looks for what hostile texts would have become.
func TestNothingBreaksOut(t *testing.T) {
	s := hostile()
	h := handler(s, operator)
	for _, path := range paths(s) {
		body := get(t, h, path).Body.String()
		if len(body) > 600<<10 {
			t.Errorf("%.60s is %d bytes long", path, len(body))
		}
		d := parse(t, path, strings.NewReader(body))
		d.each(func(n *html.Node) {
			if strings.Contains(attr(n, "src"), "src=x") || n.Data == "img" && attr(n, "src") == "x" || strings.Contains(attr(n, "href"), "javascript:broken=1") && !strings.HasPrefix(attr(n, "href"), "/") {
				t.Errorf("%.60s holds a <%s %.80v>", path, n.Data, n.Attr)
			}
			shown := attr(n, "title") + attr(n, "aria-label") + attr(n, "data-say")
			if c := n.FirstChild; c != nil && c.Type == html.TextNode {
				shown += c.Data
			}
			if strings.Contains(shown, "\u202E") {
				t.Errorf("%.60s: <%s> shows a mark that turns the text around: %.80q", path, n.Data, shown)
			}
		})
	}
}

func TestViews(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want []string
	}{
		"the overview":                        {"/", []string{"What runs where", `<p class="lead"><span class="hash" title="` + newHash + `"><a href="/environments/test/commits/` + newHash + `"`, "verifying", "waits for uat, which is verifying", "2 resources drift", "connection refused", "goes on ", "the last one ", "3 <bdi>accepted</bdi>", "v1.2.3", "in 6 min"}},
		"an environment":                      {"/environments/prod", []string{"Stage 3, after", "prod-canary", "Pause "}},
		"an environment that has failed":      {"failed:/environments/uat", []string{"base/routes.yaml:4:1: odd", `<a class="button" href="/environments/uat/commits/` + newHash + `">What you can do</a>`}},
		"a turn":                              {"/environments/uat/commits/9f1c2b3", []string{"is on the way here from", "What you can do", "git revert --no-edit " + newHash, "What was verified", "0.7 &gt; 0.5", "Carries", "/environments/uat/commits/" + newHash + "/changes"}},
		"a turn that failed":                  {"failed:/environments/uat/commits/9f1c2b3", []string{"base/routes.yaml", ":3:1", "did you mean &#34;spec&#34;?"}},
		"a turn that is held":                 {"held:/environments/uat/commits/9f1c2b3", []string{"runs <span", "/plan", "Show the plan"}},
		"its changes":                         {"/environments/uat/commits/9f1c2b3/changes", []string{"upstreams/orders", "timeout.read", "environments/uat/orders.yaml", "#L4", "services/orders/orders.yaml", "1 created, 1 updated"}},
		"its plan":                            {"/environments/prod/commits/9f1c2b3/plan", []string{"protect", "Sluice-Allow: prod 6b86b273ff34", "slower clients time out", "base/upstreams.yaml"}},
		"a group":                             {"/groups/prod-us?environment=prod", []string{"apisix", "35", "Last writes", "/groups/prod-us/live?environment=prod", "/groups/prod-us/instances?environment=prod"}},
		"its instances":                       {"/groups/prod-us/instances?environment=prod", []string{"us-1:7085", "ready", "503 Service Unavailable"}},
		"its resources":                       {"/groups/prod-us/live?environment=prod", []string{"routes/login", "not owned", "timeout.read", "routes (4)"}},
		"the history":                         {"/history", []string{"Give orders a longer timeout", "Ada", "unknown field", "Older", "before=39"}},
		"skew":                                {"/skew?first=uat&second=prod", []string{"1 differ, 0 only in <bdi>uat</bdi>, 1 only in <bdi>prod</bdi>", "Swap"}},
		"skew of two commits":                 {"/skew?environment=prod&first=1a2b3c4&second=9f1c2b3", []string{"1 differ, 0 only at <bdi>1a2b3c4</bdi>, 1 only at <bdi>9f1c2b3</bdi>", "in <bdi>prod</bdi>", "/skew?environment=prod&amp;first=9f1c2b3&amp;second=1a2b3c4", "/resources?environment=prod&amp;resource=upstreams%2Forders"}},
		"one commit to compare":               {"/skew?environment=prod&second=9f1c2b3", []string{`name="second" value="9f1c2b3"`, `<option value="` + newHash[:7] + `">Give orders a longer timeout`}},
		"a commit that runs in part":          {"partly:/environments/uat/commits/9f1c2b3", []string{"But <bdi>uat-eu</bdi> runs this commit."}},
		"a wait that is over":                 {"late:/environments/uat/commits/9f1c2b3", []string{">any moment</time>"}},
		"a commit that does not run":          {"held:/environments/uat/commits/9f1c2b3", []string{"/skew?environment=uat&amp;first=" + oldHash + "&amp;second=" + newHash, "compare with what runs now"}},
		"a resource":                          {"/resources?environment=prod&resource=routes/login", []string{"Who changed it", "environments/prod/routes.yaml", "overrides", "Sluice itself"}},
		"an empty install that can't be read": {"unread:/", []string{"The config repo could not be read yet", "authentication required", "git ls-remote https://git.acme.example/platform/gateways.git main"}},
		"a config repo without environments":  {"bare:/", []string{"Begin with an environment", "sluice init"}},
		"one that never ran":                  {"begun:/", []string{"the config repo has no environments", "Begin with an environment"}},
		"a thousand groups":                   {"crowded:/", []string{"1,000 groups", "2 failing", "all of them current", "prod-1-0001"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, path := ordinary(), c.path
			if which, rest, found := strings.Cut(path, ":/"); found {
				s, path = map[string]*scene{"unread": unread(), "bare": bare(), "crowded": crowded(1000), "failed": broken(), "begun": begun(), "held": stopped(), "partly": partly(), "late": late()}[which], "/"+rest
			}
			body := get(t, handler(s, operator), path).Body.String()
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not on the page", want)
				}
			}
		})
	}
}

// TestPartsFitTogether: what a page loads for its parts has such a part, and all of them together have no id twice.
func TestPartsFitTogether(t *testing.T) {
	s := stopped()
	h := handler(s, operator)
	for _, path := range []string{"/groups/prod-us", "/environments/uat/commits/9f1c2b3"} {
		ids := map[string]bool{}
		note := func(n *html.Node) {
			if id := attr(n, "id"); id != "" && ids[id] {
				t.Errorf("%s: id %q is used twice", path, id)
			} else {
				ids[id] = true
			}
		}
		page := parse(t, path, get(t, h, path).Body)
		page.each(note)
		page.each(func(n *html.Node) {
			if attr(n, "hx-get") == "" {
				return
			}
			part := parse(t, attr(n, "hx-get"), get(t, h, attr(n, "hx-get")).Body).part()
			if part == nil {
				t.Fatalf("%s has no part", attr(n, "hx-get"))
			}
			note(part)
			for c := range part.Descendants() {
				note(c)
			}
		})
	}
}

// TestAFaultFillsItsPart: what can't be loaded says so where it would have stood.
func TestAFaultFillsItsPart(t *testing.T) {
	s := ordinary()
	s.fault = errors.New("read prod-us: connection refused")
	w := get(t, handler(s, nil), "/groups/prod-us/live")
	if part := parse(t, "live", w.Body).part(); part == nil || !strings.Contains(inner(part), "connection refused") {
		t.Errorf("%d: no part says it", w.Code)
	}
}

// TestOnlyOperatorsAreOfferedActs: who may not act sees no form that acts, and who may sends what proves that the form is ours.
func TestOnlyOperatorsAreOfferedActs(t *testing.T) {
	for _, path := range []string{"/", "/environments/prod"} {
		if body := get(t, handler(ordinary(), nil), path).Body.String(); strings.Contains(body, `method="post"`) {
			t.Errorf("%s offers an act to somebody who may only read", path)
		}
		body := get(t, handler(ordinary(), operator), path).Body.String()
		acts := strings.Count(body, `method="post"`) - 1 // one logs out
		if acts < 1 || strings.Count(body, `name="next" value="`+path+`"`) != acts || strings.Count(body, `name="csrf" value="c5rf"`) != acts+1 {
			t.Errorf("%s has %d acts, and not all of them carry csrf and next", path, acts)
		}
	}
}

// TestActsAreOfferedWhereOneMayAct: who is an operator of some environments sees the forms of those alone, and is told which they are.
func TestActsAreOfferedWhereOneMayAct(t *testing.T) {
	s := broken()
	s.turn.Next = []insight.Step{{Kind: "retry", Text: "Have it tried again."}}
	for operates, offered := range map[string]map[string]int{
		"uat":  {"/": 0, "/environments/uat": 2, "/environments/prod": 0, "/environments/uat/commits/9f1c2b3": 1},
		"prod": {"/": 0, "/environments/uat": 0, "/environments/prod": 1, "/environments/uat/commits/9f1c2b3": 0},
	} {
		h := handler(s, func(*http.Request) page.Visitor {
			return page.Visitor{Name: "eve", Operates: []string{operates}, Logout: true, CSRF: "c5rf"}
		})
		for path, acts := range offered {
			body := get(t, h, path).Body.String()
			if got := strings.Count(body, `method="post"`) - 1; got != acts { // one logs out
				t.Errorf("an operator of %s is offered %d acts at %s, want %d", operates, got, path, acts)
			}
			if !strings.Contains(body, "operator of <bdi>"+operates+"</bdi>") {
				t.Errorf("%s does not say what eve may do", path)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		fault  error
		status int
		want   string
	}{
		"no such page":          {path: "/nowhere", status: 404, want: "no page at this address"},
		"no such environment":   {path: "/environments/stage", status: 404, want: "There is no environment stage."},
		"no such group":         {path: "/groups/nobody", status: 404, want: "There is no gateway group nobody."},
		"no such commit":        {path: "/environments/uat/commits/beef", status: 404, want: "There is no commit beef."},
		"an offset":             {path: "/groups?offset=-1", status: 400, want: "offset: this is not a number from 0 on"},
		"a misspelt parameter":  {path: "/history?enviroment=prod", status: 400, want: "enviroment: this page has no such parameter: did you mean &#34;environment&#34;?"},
		"a limit":               {path: "/groups?limit=abc", status: 400, want: "there are environment, text, only, offset"},
		"a parameter of none":   {path: "/environments/uat/commits/9f1c2b3?zz=1", status: 400, want: "it takes none"},
		"two values":            {path: "/history?environment=uat&environment=prod", status: 400, want: "environment: it is given more than once"},
		"an environment":        {path: "/history?environment=prdo", status: 400, want: "did you mean &#34;prod&#34;?"},
		"a reason":              {path: "/history?reason=drfit", status: 400, want: "did you mean &#34;drift&#34;?"},
		"a flag":                {path: "/skew?first=uat&second=prod&all=yes", status: 400, want: "all: write 1, or leave it out"},
		"an environment at one": {path: "/skew?environment=prdo&first=9f1c2b3", status: 400, want: "did you mean &#34;prod&#34;?"},
		"all of two commits":    {path: "/skew?environment=prod&first=9f1c2b3&second=1a2b3c4&all=1", status: 400, want: "all: it goes with two environments"},
		"a broken query":        {path: "/groups?text=%zz", status: 400, want: "invalid URL escape"},
		"a day":                 {path: "/history?since=yesterday", status: 400, want: "this is not a day"},
		"an entry":              {path: "/history?before=x", status: 400, want: "not the number of an entry"},
		"a resource":            {path: "/resources?environment=prod&resource=login", status: 400, want: "write KIND/ID"},
		"unreadable":            {path: "/history", fault: errors.New("read journal: input/output error"), status: 503, want: "input/output error"},
		"too slow":              {path: "/groups/prod-us/live", fault: fmt.Errorf("read prod-us: %w", context.DeadlineExceeded), status: 503, want: "That took too long"},
		"a query":               {path: "/history", fault: &insight.QueryError{Field: "commit", What: "too short"}, status: 400, want: "commit: too short"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ordinary()
			s.fault = c.fault
			w := get(t, handler(s, nil), c.path)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s, want %d and %q", w.Code, w.Body, c.status, c.want)
			}
			parse(t, c.path, w.Body).sound()
		})
	}
}

// TestWhoWentAwayIsNotAnswered: a request that was given up is nobody's fault.
func TestWhoWentAwayIsNotAnswered(t *testing.T) {
	s := ordinary()
	s.fault = context.Canceled
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	handler(s, nil).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/history", nil))
	if w.Body.Len() > 0 {
		t.Errorf("answered %s", w.Body)
	}
}

func TestLogin(t *testing.T) {
	h := handler(ordinary(), nil)
	w := httptest.NewRecorder()
	h.Login(w, httptest.NewRequest("GET", "/login", nil), http.StatusUnauthorized, page.Login{OIDC: true, Tokens: true, Next: "/history?a=b", Trouble: evil()})
	body := w.Body.String()
	for _, want := range []string{`href="/oauth2/start?next=%2Fhistory%3Fa%3Db"`, `type="password"`, `name="next" value="/history?a=b"`, `role="alert"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	parse(t, "login", strings.NewReader(body)).sound()
}
