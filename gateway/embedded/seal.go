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
func (g *Gateway) sealed(o *object) any {
	switch o.key.Kind {
	case gateway.PluginMetadata:
		if s, ok := g.catalogue.metadataOf(o.key.ID); ok {
			return encrypted(o.value, s.secrets)
		}
	case gateway.SSLs:
		return sealedKeys(o.value)
	}
	return g.sealedPlugins(o.key.Kind, sealedUpstream(o))
}

var clientKeyFields = [][]string{{"tls", "client_key"}}

// sealedKeys hides the keys of an ssl. A reference to a key is none.
func sealedKeys(value map[string]any) map[string]any {
	out := maps.Clone(value)
	if key, ok := out["key"].(string); ok && !isReference(key) {
		out["key"] = ciphertext(key)
	}
	if keys, ok := out["keys"].([]any); ok {
		out["keys"] = encryptedAt(keys, nil)
	}
	return out
}

// sealedUpstream hides the key of an inline client certificate.
func sealedUpstream(o *object) map[string]any {
	if o.key.Kind == gateway.Upstreams {
		return encrypted(o.value, clientKeyFields).(map[string]any)
	}
	inline, ok := o.value["upstream"].(map[string]any)
	if !ok {
		return o.value
	}
	out := maps.Clone(o.value)
	out["upstream"] = encrypted(inline, clientKeyFields)
	return out
}

// sealedPlugins hides what the schemas of the version's plugins name as encrypted.
func (g *Gateway) sealedPlugins(kind gateway.Kind, value map[string]any) map[string]any {
	plugins, ok := value["plugins"].(map[string]any)
	if !ok {
		return value
	}
	hidden := make(map[string]any, len(plugins))
	for name, conf := range plugins {
		hidden[name] = conf
		if s, ok := g.catalogue.plugin(name, kind); ok && s.secrets != nil {
			hidden[name] = encrypted(conf, s.secrets)
		}
	}
	out := maps.Clone(value)
	out["plugins"] = hidden
	return out
}

// shown is the value as a GET shows it: in clear, but for private keys. The older version hides them less well.
func (g *Gateway) shown(o *object, listed bool) any {
	switch o.key.Kind {
	case gateway.PluginMetadata:
		if listed {
			return g.sealed(o)
		}
	case gateway.SSLs:
		return g.shownSSL(o, listed)
	case gateway.Upstreams, gateway.Services, gateway.Routes, gateway.StreamRoutes:
		return sealedUpstream(o)
	}
	return o.value
}

func (g *Gateway) shownSSL(o *object, listed bool) any {
	if g.storesDefaults() {
		out := sealedKeys(o.value)
		if !listed {
			delete(out, "key")
		}
		return out
	}
	out := maps.Clone(o.value)
	delete(out, "key")
	delete(out, "keys")
	return out
}

// encrypted copies v with ciphertext in the place of the texts at paths and below them. A path goes through every item of a
// list. What is on no path is shared.
func encrypted(v any, paths [][]string) any {
	for _, path := range paths {
		v = encryptedAt(v, path)
	}
	return v
}

func encryptedAt(v any, path []string) any {
	switch value := v.(type) {
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = encryptedAt(item, path)
		}
		return out
	case map[string]any:
		out := maps.Clone(value)
		for name, inner := range value {
			if len(path) == 0 {
				out[name] = encryptedAt(inner, nil)
			} else if name == path[0] {
				out[name] = encryptedAt(inner, path[1:])
			}
		}
		return out
	case string:
		if len(path) == 0 {
			return ciphertext(value)
		}
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
