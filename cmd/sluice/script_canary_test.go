package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// marks are what no output may hold: how the marked values begin, the private key of the age recipient, a line of the certificate's private
// key, and the key of the Admin API.
var marks = []string{"canary-", "AGE-SECRET-KEY-1", "I3FzmVbWY6DuTjJm", adminKey}

// marked returns the first mark in a text, with what stands around it.
func marked(text string) string {
	for _, mark := range marks {
		if at := strings.Index(text, mark); at >= 0 {
			return text[max(0, at-80):min(len(text), at+80)]
		}
	}
	return ""
}

// quiet runs `sluice …` or `get URL`, however it ends, and wants no mark in what it prints.
func quiet(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 2, 99, "quiet sluice|get …")
	var text string
	if args[0] == "get" {
		_, body, err := fetch(args[1])
		ts.Check(err)
		text = body
	} else {
		_ = ts.Exec(args[0], args[1:]...) // a fault is welcome as well
		text = ts.ReadFile("stdout") + ts.ReadFile("stderr")
	}
	if found := marked(text); found != "" {
		ts.Fatalf("%s shows a secret: …%s…", strings.Join(args, " "), found)
	}
}

// unseen wants no mark in a file, or in any file below a directory.
func unseen(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 1, "unseen PATH")
	read := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		read++
		if found := marked(string(data)); found != "" {
			return fmt.Errorf("%s holds a secret: …%s…", path, found)
		}
		return err
	}))
	if read == 0 {
		ts.Fatalf("there is nothing to be read in %s", args[0])
	}
}

// vaultVerb is: vault start. It sets $vault_ADDRESS to a Vault that knows one secret, and repeats the token in what it refuses.
func vaultVerb(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, args, 1, 1, "vault start")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say := func(status int, body any) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		}
		switch r.URL.Path {
		case "/v1/secret/data/gw-vault":
			say(http.StatusOK, map[string]any{"data": map[string]any{"data": map[string]any{"value": "canary-vault"}}})
		case "/v1/secret/data/gw-denied":
			say(http.StatusBadRequest, map[string]any{"errors": []string{"no lease for token " + r.Header.Get("X-Vault-Token")}})
		default:
			say(http.StatusNotFound, map[string]any{"errors": []string{}})
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("vault_ADDRESS", server.URL)
}
