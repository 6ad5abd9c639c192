package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/gateway/apisix"
)

func (s *suite) checkVersion(context.Context) error {
	if s.version == "" {
		return skip("the Server header does not tell it")
	}
	return nil
}

func (s *suite) checkWrongKey(ctx context.Context) error {
	other, err := apisix.New(apisix.Config{AdminURL: s.target.AdminURL, AdminKey: func() (gateway.Secret, error) {
		return gateway.NewSecret("", "no-such-key"), nil
	}})
	if err != nil {
		return err
	}
	_, err = other.Live(ctx)
	return wantClass(err, gateway.Denied)
}

func (s *suite) checkNoKey(ctx context.Context) error {
	a, err := s.askWith(ctx, "", http.MethodGet, "/routes", nil)
	if err != nil {
		return err
	}
	return a.wants(http.StatusUnauthorized)
}

func wantClass(err error, class gateway.Class) error {
	var failed *gateway.Error
	if !errors.As(err, &failed) || failed.Class != class {
		return fmt.Errorf("want it %v, got: %v", class, err)
	}
	return nil
}

func (s *suite) checkUnknownID(ctx context.Context) error {
	for _, kind := range []gateway.Kind{gateway.Routes, gateway.Services, gateway.Upstreams, gateway.Consumers, gateway.SSLs} {
		key := gateway.Key{Kind: kind, ID: Prefix + "nobody"}
		live, err := s.client.Read(ctx, []gateway.Key{key})
		if err != nil || len(live) > 0 {
			return fmt.Errorf("read %s: %d resources, %w", key, len(live), err)
		}
		if err := s.client.Delete(ctx, key); err != nil {
			return err
		}
		a, err := s.ask(ctx, http.MethodGet, "/"+string(kind)+"/"+key.ID, nil)
		if err != nil {
			return err
		}
		if err := a.wants(http.StatusNotFound); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) checkUnknownField(ctx context.Context) error {
	r := route("unknown", object{"uri": "/" + Prefix + "unknown", "bogus": true, "plugins": object{}})
	return wantClass(s.put(ctx, r), gateway.Refused)
}

func (s *suite) checkUnknownPlugin(ctx context.Context) error {
	r := route("unknown", object{"uri": "/" + Prefix + "unknown", "plugins": object{"no-such-plugin": object{}}})
	return wantClass(s.put(ctx, r), gateway.Refused)
}

func (s *suite) checkSizeLimit(ctx context.Context) error {
	r := route("large", object{"uri": "/" + Prefix + "large", "plugins": object{}, "filter_func": "function() " + strings.Repeat("-- x\n", 400_000) + " end"})
	return wantClass(s.put(ctx, r), gateway.Refused)
}

// checkList wants all of several hundred routes in one list.
func (s *suite) checkList(ctx context.Context) error {
	const many = 120
	desired := gateway.State{}
	for i := range many {
		r := route(fmt.Sprintf("list%d", i), object{"uri": fmt.Sprintf("/%slist%d", Prefix, i), "plugins": object{}})
		desired[r.Key] = r
	}
	if err := s.reach(ctx, desired); err != nil {
		return err
	}
	live, err := s.client.Live(ctx)
	if err != nil {
		return err
	}
	for key := range desired {
		if _, there := live[key]; !there {
			return fmt.Errorf("%s is not in the list", key)
		}
	}
	return nil
}

// route makes a route that takes no traffic.
func route(name string, spec object) gateway.Resource {
	spec["status"] = int64(0)
	return resource(gateway.Routes, Prefix+name, spec)
}

func (s *suite) checkMissingReference(ctx context.Context) error {
	for field := range map[string]bool{"service_id": true, "upstream_id": true, "plugin_config_id": true} {
		r := route("dangling", object{"uri": "/" + Prefix + "dangling", "plugins": object{}, field: Prefix + "nobody"})
		if err := wantClass(s.put(ctx, r), gateway.Refused); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
	}
	return nil
}

// checkInUse wants a plain delete of what is used to be refused.
func (s *suite) checkInUse(ctx context.Context) error {
	all, err := s.rich()
	if err != nil {
		return err
	}
	needed := gateway.State{}
	closure(all, gateway.Key{Kind: gateway.Routes, ID: Prefix + "route"}, needed)
	if err := s.reach(ctx, needed); err != nil {
		return err
	}
	// The check looks at what the gateway's workers have taken, which is a moment late.
	if _, err := s.client.Settle(ctx, needed.Keys()); err != nil {
		return err
	}
	for _, path := range []string{"/services/" + Prefix + "service", "/upstreams/" + Prefix + "upstream", "/plugin_configs/" + Prefix + "plugin_config"} {
		a, err := s.ask(ctx, http.MethodDelete, path, nil)
		if err != nil {
			return err
		}
		if err := a.wants(http.StatusBadRequest); err != nil {
			return fmt.Errorf("delete %s: %w", path, err)
		}
	}
	return nil
}
