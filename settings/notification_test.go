package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gitops/sluice/record"
)

func TestNotifications(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a webhook", "{type: webhook, urlFile: key, secretFile: key}", ""},
		{"Slack, for some", "{type: slack, urlFile: key, environments: [\"prod-*\"], states: [failed, rolled-back]}", ""},
		{"an unknown type", "{type: slak, urlFile: key}", `unknown type of notification "slak"`},
		{"no address", "{type: slack}", `"urlFile" is missing`},
		{"an unsigned webhook", "{type: webhook, urlFile: key}", `"secretFile" is missing`},
		{"a secret that nothing is signed with", "{type: slack, urlFile: key, secretFile: key}", `belongs to type webhook`},
		{"a file that is not there", "{type: slack, urlFile: none}", "no such file"},
		{"a file that all can read", "{type: slack, urlFile: open-key}", "everyone on this machine can read"},
		{"no glob", "{type: slack, urlFile: key, environments: [\"[\"]}", `"[" is not a glob`},
		{"no end", "{type: slack, urlFile: key, states: [applying]}", `"applying" is not how a commit ends`},
		{"the address in clear", "{type: slack, url: https://hooks/CANARY}", `"url" must not hold a secret in clear`},
		{"the secret in clear", "{type: webhook, urlFile: key, secretFile: key, secret: CANARY}", `"secret" must not hold a secret in clear`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			house(t, smallest+"notifications:\n  ops: "+test.text+"\n")
			s, faults := Load("sluice.yaml")
			if test.want == "" && len(faults) > 0 || !strings.Contains(faults.Error(), test.want) || strings.Contains(faults.Error(), "CANARY") {
				t.Errorf("faults %v, want %q", faults, test.want)
			}
			if file := s.Notifications["ops"].URLFile; file != "" && !filepath.IsAbs(file) {
				t.Errorf("the path %q is not absolute", file)
			}
		})
	}
	house(t, smallest+"notifications:\n  \"a b\": {type: slack, urlFile: key}\n  ops: {type: slack, urlFile: key, states: [failed]}\n")
	s, faults := Load("sluice.yaml")
	if !strings.Contains(faults.Error(), `can't be called "a b"`) {
		t.Errorf("faults %v", faults)
	}
	if diff := cmp.Diff([]record.State{record.Failed}, s.Notifications["ops"].States); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestTheAddressOfANotification(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	n := Notification{URLFile: file}
	for text, want := range map[string]string{
		" https://hooks.acme.com/s3cret\n": "", "hooks.acme.com/s3cret": "does not hold https://", "ftp://s3cret": "does not hold https://", "\n": "is empty",
	} {
		must(t, os.WriteFile(file, []byte(text), 0o600))
		got, err := n.URL()
		switch {
		case want == "" && (err != nil || got.Reveal() != strings.TrimSpace(text)):
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret")):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
