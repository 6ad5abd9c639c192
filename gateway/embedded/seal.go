package embedded

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"maps"

	"github.com/sluice-gitops/sluice/gateway"
)

// sealed is the value as the answer of a write shows it: what is encrypted at rest shows as ciphertext.
func sealed(o *object) any {
	if o.key.Kind == gateway.Secrets {
		return o.value
	}
	return encrypted(gateway.Seal(o.key, o.value))
}

// shown is the value as a GET shows it: in clear, but for private keys. The older version hides them less well.
func (g *Gateway) shown(o *object, listed bool) any {
	switch o.key.Kind {
	case gateway.PluginMetadata:
		if listed {
			return sealed(o)
		}
	case gateway.SSLs:
		return g.shownSSL(o, listed)
	case gateway.Upstreams, gateway.Services, gateway.Routes, gateway.StreamRoutes:
		upstream := o.value
		if o.key.Kind != gateway.Upstreams {
			upstream, _ = o.value["upstream"].(map[string]any)
		}
		if tls, ok := upstream["tls"].(map[string]any); ok && tls["client_key"] != nil {
			plain := maps.Clone(o.value)
			delete(plain, "plugins")
			out := encrypted(gateway.Seal(o.key, plain)).(map[string]any)
			if plugins, ok := o.value["plugins"]; ok {
				out["plugins"] = plugins
			}
			return out
		}
	}
	return o.value
}

func (g *Gateway) shownSSL(o *object, listed bool) any {
	out := maps.Clone(o.value)
	if g.storesDefaults() {
		out = encrypted(gateway.Seal(o.key, o.value)).(map[string]any)
		if !listed {
			delete(out, "key")
		}
		return out
	}
	delete(out, "key")
	delete(out, "keys")
	return out
}

// encrypted copies v with ciphertext in the place of secrets.
func encrypted(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = encrypted(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = encrypted(value)
		}
		return out
	case gateway.Secret:
		return ciphertext(v.Reveal())
	}
	return v
}

// ciphertext is what a client sees in the place of a secret: the same for the same text, and of no use. The key guards
// nothing, it only makes the answer look as the real one does.
func ciphertext(text string) string {
	block, err := aes.NewCipher([]byte("sluice-embedded!"))
	if err != nil {
		return ""
	}
	size := block.BlockSize() - len(text)%block.BlockSize()
	padded := append([]byte(text), bytes.Repeat([]byte{byte(size)}, size)...)
	cipher.NewCBCEncrypter(block, make([]byte, block.BlockSize())).CryptBlocks(padded, padded)
	return base64.StdEncoding.EncodeToString(padded)
}
