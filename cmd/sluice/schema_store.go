package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/sluice-gitops/sluice/gateway/schema"
	"github.com/sluice-gitops/sluice/render"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// storedSchema says what was stored where.
type storedSchema struct{ file, fileDone, entry, entryDone string }

// storeSchema writes a set of schemas and the entry of a group into the config repo at dir. What is the same already is left
// alone; a file that other groups use is never replaced by other content.
func storeSchema(dir, group string, set *schema.Set) (storedSchema, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return storedSchema{}, err
	}
	defer root.Close()
	if err := root.Mkdir(render.SchemasDir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return storedSchema{}, err
	}
	listed, err := readIfThere(root, render.SchemaGroupsFile)
	if err != nil {
		return storedSchema{}, err
	}
	users, err := schemaUsers(listed)
	if err != nil {
		return storedSchema{}, err
	}
	text := set.Encode()
	name, err := freeName(root, users, group, set, text)
	if err != nil {
		return storedSchema{}, err
	}
	entries, err := withEntry(listed, group, name)
	if err != nil {
		return storedSchema{}, err
	}
	stored := storedSchema{file: render.SchemasDir + "/" + name + ".json", entry: render.SchemaGroupsFile + ": " + group + ": " + name}
	if stored.fileDone, err = writeChanged(root, stored.file, text); err != nil {
		return storedSchema{}, err
	}
	stored.entryDone, err = writeChanged(root, render.SchemaGroupsFile, entries)
	return stored, err
}

func readIfThere(root *os.Root, name string) ([]byte, error) {
	data, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// schemaUsers reads which group uses which schemas.
func schemaUsers(listed []byte) (map[string]string, error) {
	node, faults := strictyaml.Parse(render.SchemaGroupsFile, listed)
	users := map[string]string{}
	if node != nil && !node.IsNull() {
		faults.Add(strictyaml.Decode(node, &users)...)
	}
	return users, faults.Err()
}

// freeName names the file after product and version; with the group behind it when others use that name for something else.
func freeName(root *os.Root, users map[string]string, group string, set *schema.Set, text []byte) (string, error) {
	name := strings.TrimSuffix(set.Product+"-"+set.Version, "-")
	there, err := readIfThere(root, render.SchemasDir+"/"+name+".json")
	if err != nil || there == nil || bytes.Equal(there, text) {
		return name, err
	}
	for other, used := range users {
		if used == name && other != group {
			return name + "-" + group, nil
		}
	}
	return name, nil
}

// withEntry sets the entry of a group and leaves every other line, and what is behind a # on its own, as it is.
func withEntry(listed []byte, group, name string) ([]byte, error) {
	entry := regexp.MustCompile(`(?m)^(["']?` + regexp.QuoteMeta(group) + `["']?[ \t]*:[ \t]*)[^ \t\r\n#]*`)
	text := string(listed)
	if at := entry.FindStringSubmatchIndex(text); at != nil {
		text = text[:at[3]] + name + text[at[1]:]
	} else {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += group + ": " + name + "\n"
	}
	users, err := schemaUsers([]byte(text))
	if err != nil || users[group] != name {
		return nil, fmt.Errorf("%s: can't set the entry of %s\n\thint: write one line for each group: %s: %s", render.SchemaGroupsFile, group, group, name)
	}
	return []byte(text), nil
}

// writeChanged writes a file unless it holds the same already, and says what it did.
func writeChanged(root *os.Root, name string, data []byte) (string, error) {
	there, err := readIfThere(root, name)
	if err != nil {
		return "", err
	}
	if there != nil && bytes.Equal(there, data) {
		return "unchanged", nil
	}
	return "written", root.WriteFile(name, data, 0o666)
}
