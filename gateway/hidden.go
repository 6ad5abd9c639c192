package gateway

// SecretField is a secret and its place in a resource.
type SecretField struct {
	Path  Path
	Value Secret
}

// Hidden lists the private keys of a sealed resource: the gateway leaves them out of its answers, or gives their ciphertext, so
// that reading live can't tell whether they are as desired.
func Hidden(r Resource) []SecretField {
	switch r.Key.Kind {
	case SSLs:
		fields := hiddenAt(r.Spec, Path{Field("key")})
		keys, _ := r.Spec["keys"].([]any)
		for i, key := range keys {
			if secret, ok := key.(Secret); ok {
				fields = append(fields, SecretField{Path{Field("keys"), Item(i)}, secret})
			}
		}
		return fields
	case Upstreams:
		return hiddenAt(r.Spec, Path{Field("tls"), Field("client_key")})
	}
	fields := hiddenAt(r.Spec, Path{Field("upstream"), Field("tls"), Field("client_key")})
	if r.Key.Kind == Services {
		several, _ := r.Spec["upstreams"].(map[string]any) // of API7 Enterprise
		for _, id := range sortedKeys(several) {
			fields = append(fields, hiddenAt(r.Spec, Path{Field("upstreams"), Field(id), Field("tls"), Field("client_key")})...)
		}
	}
	return fields
}

func hiddenAt(spec map[string]any, path Path) []SecretField {
	var value any = spec
	for _, step := range path {
		m, _ := value.(map[string]any)
		value = m[step.Key]
	}
	if secret, ok := value.(Secret); ok {
		return []SecretField{{path, secret}}
	}
	return nil
}
