package importer

import (
	"slices"
	"strings"
	"unicode"
)

// secretWords end the names of secrets, written as one word and without the s of a plural.
var secretWords = []string{
	"password", "passwd", "pwd", "pass", "passphrase", "psk", "secret", "token", "credential", "authorization", "auth", "cookie",
	"apikey", "authkey", "accesskey", "accesskeyid", "secretkey", "privatekey", "sharedkey", "signingkey", "masterkey", "accountkey",
	"encryptionkey", "hmackey", "subscriptionkey", "functionskey", "licensekey", "authheader", "connectionstring",
}

// sensitiveName reports whether a name says that a secret stands there: clientSecret, client_secret and X-Client-Secret do.
func sensitiveName(name string) bool {
	words := wordsOf(name)
	if len(words) > 1 && words[0] == "x" && words[1] == "auth" {
		return true // X-Auth-Key, X-Auth-User …
	}
	end := ""
	for _, word := range slices.Backward(words) {
		end = word + end
		if slices.Contains(secretWords, end) || slices.Contains(secretWords, strings.TrimSuffix(end, "s")) {
			return true
		}
	}
	return false
}

// wordsOf takes a name apart, at signs and at capital letters.
func wordsOf(name string) []string {
	var apart strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			apart.WriteByte('-')
		}
		apart.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(apart.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// harmlessWords stand under sensitive names and say nothing: places where something is looked for, and switches.
var harmlessWords = []string{"header", "query", "cookie", "body", "none", "true", "false", "on", "off", "authorization", "bearer", "basic"}

// harmless reports whether a text under a sensitive name is none.
func harmless(name, text string) bool {
	words := wordsOf(name)
	if last := words[len(words)-1]; strings.HasPrefix(last, "cookie") && !strings.Contains(text, "=") {
		return true // the name of a cookie, not its value
	}
	return slices.Contains(harmlessWords, strings.ToLower(text))
}
