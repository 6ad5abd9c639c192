package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/plan"
)

// checkDefaults writes bodies with as little in them as can be: whatever the gateway adds must make no difference.
func (s *suite) checkDefaults(ctx context.Context) error {
	return s.reach(ctx, stateOf(
		resource(gateway.Upstreams, Prefix+"least", object{"nodes": object{"127.0.0.1:1": int64(1)}, "checks": object{"active": object{}}, "keepalive_pool": object{}}),
		resource(gateway.Services, Prefix+"least", object{"upstream_id": Prefix + "least"}),
		route("least", object{"uri": "/" + Prefix + "least", "service_id": Prefix + "least", "plugins": object{"key-auth": object{}, "cors": object{}}}),
		resource(gateway.PluginConfigs, Prefix+"least", object{"plugins": object{}}),
		resource(gateway.Consumers, Prefix+"least", object{}),
	))
}

// checkHiddenKey wants that the gateway keeps a private key to itself, and that this makes no difference.
func (s *suite) checkHiddenKey(ctx context.Context) error {
	all, err := s.rich()
	if err != nil {
		return err
	}
	ssl := all[gateway.Key{Kind: gateway.SSLs, ID: Prefix + "ssl"}]
	if err := s.reach(ctx, stateOf(ssl)); err != nil {
		return err
	}
	a, err := s.ask(ctx, http.MethodGet, "/ssls/"+ssl.Key.ID, nil)
	if err != nil {
		return err
	}
	value, err := a.value()
	if err != nil {
		return err
	}
	if key, ok := value["key"].(string); ok && ssl.Spec["key"].(gateway.Secret).Matches(key) {
		return errors.New("the private key is shown in clear")
	}
	return nil
}

// checkEncrypted wants a secret that is stored encrypted to be read back as it was sent.
func (s *suite) checkEncrypted(ctx context.Context) error {
	consumer := resource(gateway.Consumers, Prefix+"sealed", object{"plugins": object{"key-auth": object{"key": "conformance-sealed"}}})
	if err := s.reach(ctx, stateOf(consumer)); err != nil {
		return err
	}
	live, err := s.client.Read(ctx, []gateway.Key{consumer.Key})
	if err != nil {
		return err
	}
	if !gateway.Equal(live[consumer.Key].Spec["plugins"], consumer.Spec["plugins"]) {
		return errors.New("the key of key-auth is not read back as it was sent")
	}
	other := maps.Clone(consumer.Spec)
	other["plugins"] = object{"key-auth": object{"key": gateway.NewSecret("", "conformance-other")}}
	p, err := s.plan(ctx, stateOf(gateway.Resource{Key: consumer.Key, Spec: other}))
	if err == nil && p.Empty() {
		err = errors.New("another key of key-auth is not seen as a difference")
	}
	return err
}

// checkOwnership wants a resource without our label to be left alone, and to be adopted only as such.
func (s *suite) checkOwnership(ctx context.Context) error {
	key := gateway.Key{Kind: gateway.Upstreams, ID: Prefix + "theirs"}
	theirs := gateway.Resource{Key: key, Spec: object{"nodes": object{"127.0.0.1:1": int64(1)}}}
	if err := s.put(ctx, theirs); err != nil {
		return err
	}
	live, err := s.client.Read(ctx, []gateway.Key{key})
	if err != nil {
		return err
	}
	if p := plan.New(gateway.State{}, live, plan.Policy{Empty: true}); !p.Empty() {
		return fmt.Errorf("a plan of nothing would %s", summary(p))
	}
	desired := stateOf(resource(key.Kind, key.ID, theirs.Spec))
	p := plan.New(desired, gateway.Align(desired, live, s.defaults), plan.Policy{})
	if changes := p.Changes(); len(changes) != 1 || changes[0].Op != plan.Adopt || len(changes[0].Fields) != 1 {
		return fmt.Errorf("want one adopt that writes the label, got %s", summary(p))
	}
	return s.reach(ctx, desired)
}

// checkValidate asks for a dry run of what is good and of what is not.
func (s *suite) checkValidate(ctx context.Context) error {
	good := object{"routes": []any{object{"id": Prefix + "dry", "uri": "/dry", "plugins": object{}}}}
	a, err := s.ask(ctx, http.MethodPost, "/configs/validate", good)
	if err != nil {
		return err
	}
	if a.status == http.StatusNotFound {
		return skip("this version has no configs/validate")
	}
	if err := a.wants(http.StatusOK); err != nil {
		return err
	}
	bad := object{"routes": []any{object{"id": Prefix + "dry", "uri": "/dry", "plugins": object{"no-such-plugin": object{}}}}}
	if a, err = s.ask(ctx, http.MethodPost, "/configs/validate", bad); err != nil {
		return err
	}
	if err := a.wants(http.StatusBadRequest); err != nil {
		return err
	}
	live, err := s.client.Read(ctx, []gateway.Key{{Kind: gateway.Routes, ID: Prefix + "dry"}})
	if err == nil && len(live) > 0 {
		err = errors.New("a dry run has written the route")
	}
	return err
}

// checkBarrier wants the control API to confirm that the data plane has taken what was written.
func (s *suite) checkBarrier(ctx context.Context) error {
	if s.target.ControlURL == "" {
		return skip("no control URL is given")
	}
	if s.target.Workers <= 0 {
		return skip("nobody said how many workers there are")
	}
	desired := stateOf(
		resource(gateway.Upstreams, Prefix+"barrier", object{"nodes": object{"127.0.0.1:1": int64(1)}}),
		resource(gateway.Services, Prefix+"barrier", object{"upstream_id": Prefix + "barrier"}),
		resource(gateway.Routes, Prefix+"barrier", object{"uri": "/" + Prefix + "barrier", "service_id": Prefix + "barrier"}),
	)
	if err := s.reach(ctx, desired); err != nil {
		return err
	}
	confirmed, err := s.client.Settle(ctx, desired.Keys())
	if err == nil && !confirmed {
		err = errors.New("the barrier was waited for and not confirmed")
	}
	return err
}

// checkForeign wants what others have on the gateway to be as it was at the beginning.
func (s *suite) checkForeign(ctx context.Context) error {
	if len(s.foreign) == 0 {
		return skip("there are none")
	}
	live, err := s.client.Live(ctx)
	if err != nil {
		return err
	}
	for key, before := range s.foreign {
		if now, there := live[key]; !there || !gateway.Equal(now.Spec, before.Spec) {
			return fmt.Errorf("%s has changed meanwhile", key)
		}
	}
	return nil
}
