package sops

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var sealed = regexp.MustCompile(`^ENC\[AES256_GCM,data:([^,]*),iv:([^,]+),tag:([^,]+),type:([a-z]+)\]$`)

var errNotEncrypted = errors.New("it is not encrypted, and the document says that it is")

// open decrypts one value. Path is the additional data: it binds a value to its place. The result is a string, int64, float64,
// bool or comment.
func open(key []byte, value, path string) (any, error) {
	parts := sealed.FindStringSubmatch(value)
	if parts == nil {
		return nil, errNotEncrypted
	}
	var raw [3][]byte
	for i := range raw {
		var err error
		if raw[i], err = base64.StdEncoding.DecodeString(parts[i+1]); err != nil {
			return nil, fmt.Errorf("not base64: %w", err)
		}
	}
	data, nonce, tag := raw[0], raw[1], raw[2]
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(nonce) == 0 {
		return nil, errors.New("no nonce")
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, append(data, tag...), []byte(path))
	if err != nil {
		return nil, errors.New("it was encrypted with another key, for another place, or was changed")
	}
	return typed(string(plain), parts[4])
}

// comment is a value that stands for a comment.
type comment struct{}

func typed(plain, kind string) (any, error) {
	switch kind {
	case "str", "bytes", "time":
		return plain, nil
	case "int":
		return strconv.ParseInt(plain, 10, 64)
	case "float":
		number, err := strconv.ParseFloat(plain, 64)
		if whole := int64(number); err == nil && float64(whole) == number {
			return whole, nil
		}
		return number, err
	case "bool":
		return strconv.ParseBool(strings.ToLower(plain))
	case "comment":
		return comment{}, nil
	}
	return nil, fmt.Errorf("unknown type %q", kind)
}

// inMAC is a value as the MAC takes it.
func inMAC(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return ""
}
