package api7test_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gitops/sluice/gateway/api7/api7test"
)

// TestHabits asks as a client would: each line is METHOD PATH BODY, the status, and what the answer holds or, after "!", doesn't.
func TestHabits(t *testing.T) {
	const group = "?gateway_group_id=" + api7test.GroupID
	type exchange struct{ request, body, want string }
	service := exchange{"PUT /apisix/admin/services/s" + group, `{"name":"s","type":"http","labels":{"team":"a"},"upstream":{"nodes":[{"host":"h","port":80,"weight":1}]}}`, "200"}
	route := exchange{"PUT /apisix/admin/routes/r" + group, `{"name":"r","service_id":"s","paths":["/a"],"hosts":["x.test"],"filter_func":"f"}`, "200 !x.test"}
	tests := []struct {
		name      string
		cfg       api7test.Config
		token     string
		exchanges []exchange
	}{
		{"fields without a place are dropped", api7test.Config{}, "", []exchange{service, route,
			{"GET /apisix/admin/routes/r" + group, "", `200 "paths":["/a"]`}, {"GET /apisix/admin/routes/r" + group, "", "200 !filter_func"}}},
		{"routes are listed by service", api7test.Config{}, "", []exchange{service, route,
			{"GET /apisix/admin/routes" + group, "", "400 service_id is required"},
			{"GET /apisix/admin/routes" + group + "&service_id=s", "", `200 "total":1`}}},
		{"lists have no envelope", api7test.Config{}, "", []exchange{service, {"GET /apisix/admin/services" + group, "", `200 !"value"`}}},
		{"lists are filtered by the value of a label", api7test.Config{}, "", []exchange{service,
			{"GET /apisix/admin/services" + group + "&labels[team]=a", "", `200 "total":1`},
			{"GET /apisix/admin/services" + group + "&labels[team]=b", "", `200 "total":0`}}},
		{"the own upstream is listed too", api7test.Config{}, "", []exchange{service,
			{"GET /apisix/admin/services/s/upstreams" + group, "", `200 "id":"s"`}}},
		{"routes go with their service", api7test.Config{}, "", []exchange{service, route, {"DELETE /apisix/admin/services/s" + group, "", "200"},
			{"GET /apisix/admin/routes/r" + group, "", "404"}}},
		{"kinds that are missing", api7test.Config{}, "", []exchange{{"PUT /apisix/admin/upstreams/u" + group, "{}", "404"},
			{"PUT /apisix/admin/plugin_configs/u" + group, "{}", "404"}, {"PUT /apisix/admin/consumer_groups/u" + group, "{}", "404"}}},
		{"nodes are a list", api7test.Config{}, "", []exchange{{service.request, `{"name":"s","type":"http","upstream":{"nodes":{"h:80":1}}}`, "400 expected array"}}},
		{"private keys are not shown", api7test.Config{}, "", []exchange{
			{"PUT /apisix/admin/ssls/x" + group, `{"snis":["a"],"cert":"c","key":"hush"}`, "200 !hush"}, {"GET /apisix/admin/ssls" + group, "", "200 !hush"}}},
		{"a user must name the group", api7test.Config{}, "", []exchange{{"GET /apisix/admin/services", "", "400 gateway_group_id"}}},
		{"the key of a group implies it", api7test.Config{}, api7test.GroupToken, []exchange{{"GET /apisix/admin/services", "", "200"}}},
		{"a guest reads", api7test.Config{}, api7test.ViewerToken, []exchange{{"GET /apisix/admin/services" + group, "", "200"}, {service.request, "{}", "403"}}},
		{"others are not let in", api7test.Config{}, "a7ee-stranger", []exchange{{"GET /api/version", "", "401"}}},
		{"names are searched in part", api7test.Config{}, "", []exchange{{"GET /api/gateway_groups?name=prod", "", "200 prod-canary"}}},
		{"old defaults", api7test.Config{Version: "3.7.8"}, "", []exchange{service, {"GET /apisix/admin/services/s" + group, "", "200 strip_path_prefix"},
			{"GET /apisix/admin/services/s" + group, "", "200 !retry_timeout"}, route, {"GET /apisix/admin/routes/r" + group, "", "200 !priority"}}},
		{"new defaults", api7test.Config{}, "", []exchange{service, {"GET /apisix/admin/services/s" + group, "", "200 retry_timeout"}, route,
			{"GET /apisix/admin/routes/r" + group, "", "200 priority"}}},
		{"publishing enforced", api7test.Config{Enforced: true}, "", []exchange{{service.request, service.body, "400 publishing is enforced"}}},
		{"offline lasts", api7test.Config{}, "", []exchange{service,
			{"PATCH /api/gateway_groups/" + api7test.GroupID + "/services/s/runtime_configuration", `[{"op":"replace","path":"/status","value":0}]`, `200 "status":0`},
			service, {"GET /apisix/admin/services/s" + group, "", `200 "status":0`},
			{"PATCH /api/gateway_groups/" + api7test.GroupID + "/services/s/runtime_configuration", `[{"op":"replace","path":"/status","value":1}]`, `200 "status":1`}}},
		{"no validation", api7test.Config{Version: "3.9.9"}, "", []exchange{{"POST /apisix/admin/configs/validate" + group, "{}", "404"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server, err := api7test.Start(test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if test.token == "" {
				test.token = api7test.UserToken
			}
			for _, e := range test.exchanges {
				got := ask(t, server.URL(), test.token, e.request, e.body)
				status, holds, _ := strings.Cut(e.want, " ")
				lacks, negative := strings.CutPrefix(holds, "!")
				if !strings.HasPrefix(got, status) || !negative && !strings.Contains(got, holds) || negative && strings.Contains(got, lacks) {
					t.Errorf("%s\n\tgot  %s\n\twant %s", e.request, got, e.want)
				}
			}
		})
	}
}

func ask(t *testing.T, base, token, request, body string) string {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-KEY", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status[:3] + " " + string(text)
}
