package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
)

// keyPrefix marks a key that is written in base64, as those who keep to https://www.standardwebhooks.com write it.
const keyPrefix = "whsec_"

// sign returns what proves that a message with this id, sent at this time, is ours: the HMAC-SHA256 of all three, in the way of
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
func sign(secret gateway.Secret, id string, at time.Time, body []byte) (string, error) {
	key := []byte(secret.Reveal())
	if text, ok := strings.CutPrefix(secret.Reveal(), keyPrefix); ok {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", errors.New("the key is not base64 behind " + keyPrefix)
		}
		key = decoded
	}
	if len(key) == 0 {
		return "", errors.New("the key is empty")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
