package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// materials is a bill of materials in the form of CycloneDX 1.6.
type materials struct {
	Format     string       `json:"bomFormat"`
	Spec       string       `json:"specVersion"`
	Version    int          `json:"version"`
	Metadata   metadata     `json:"metadata"`
	Components []component  `json:"components"`
	Depends    []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licences   []licence  `json:"licenses,omitempty"`
	URL        string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type licence struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// writeMaterials writes what a binary is made of, as the binary itself says: every module that is linked into it, and Go's own library.
func writeMaterials(binary, version, into string, known licences) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("read what the binary is made of: %w", err)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	made := bill(info, data, version)
	if err := made.license(known); err != nil {
		return err
	}
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(into, append(text, '\n'))
}

func bill(info *buildinfo.BuildInfo, binary []byte, version string) materials {
	program := module(info.Main.Path, "v"+version)
	program.Type = "application"
	program.Hashes = []hash{{"SHA-256", fmt.Sprintf("%x", sha256.Sum256(binary))}}
	program.Licences = []licence{{"Apache-2.0"}}
	for _, setting := range info.Settings {
		if setting.Key == "GOOS" || setting.Key == "GOARCH" {
			program.Properties = append(program.Properties, property{"sluice:" + strings.ToLower(setting.Key), setting.Value})
		}
	}
	m := materials{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{program}, Depends: []dependency{{Ref: program.Ref}}}
	m.add(module(goLibrary, strings.TrimPrefix(info.GoVersion, "go")))
	for _, dep := range info.Deps {
		m.add(linked(dep))
	}
	return m
}

func (m *materials) add(c component) {
	m.Components = append(m.Components, c)
	m.Depends[0].On = append(m.Depends[0].On, c.Ref)
}

// license names the licences of everything that is linked. All modules without any are told.
func (m *materials) license(known licences) error {
	var faults []error
	for i := range m.Components {
		expression, err := known.of(m.Components[i].Name, m.Components[i].Version)
		faults = append(faults, err)
		m.Components[i].Licences = []licence{{expression}}
	}
	return errors.Join(faults...)
}

func module(path, version string) component {
	url := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Type: "library", Ref: url, Name: path, Version: version, URL: url}
}

// linked is a module as it is linked: the one that replaces another, where one does.
func linked(dep *debug.Module) component {
	if dep.Replace != nil {
		dep = dep.Replace
	}
	c := module(dep.Path, dep.Version)
	if dep.Sum != "" {
		c.Properties = []property{{"go:sum", dep.Sum}}
	}
	return c
}
