package embedded

import "testing"

// TestEveryPluginIsSortedOut holds that what does no work here was thought about: the lists name plugins that there are, and
// none twice. What no list names is closed.
func TestEveryPluginIsSortedOut(t *testing.T) {
	known, err := newestCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for name := range idlePlugins {
		if builders[name] != nil {
			t.Errorf("%s works, so it is not idle", name)
		}
		if _, ok := known.plugins[name]; !ok {
			t.Errorf("no plugin has the name %s", name)
		}
	}
	for name := range builders {
		if _, ok := known.plugins[name]; !ok {
			t.Errorf("no plugin has the name %s", name)
		}
	}
	for _, name := range []string{"openid-connect", "hmac-auth", "csrf", "opa", "serverless-pre-function", "request-validation", "saml-auth"} {
		if idlePlugins[name] || builders[name] != nil {
			t.Errorf("%s keeps requests out and would let them pass", name)
		}
	}
}
