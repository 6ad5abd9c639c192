package notify

import (
	"testing"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// TestSignature holds to the vector that the libraries for Standard Webhooks are tested with.
func TestSignature(t *testing.T) {
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	at := time.Unix(1614265330, 0)
	got, err := sign(gateway.NewSecret("", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), id, at, []byte(body))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("signed %s, %v; want %s", got, err, want)
	}
	plain, err := sign(gateway.NewSecret("", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), id, at, []byte(body))
	if err != nil || plain == got {
		t.Errorf("a key that is not marked is decoded: %s, %v", plain, err)
	}
}
