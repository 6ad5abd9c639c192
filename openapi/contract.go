package openapi

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// contractsDir is where contracts stand in a config repo, a file each.
const contractsDir = "contracts"

// Contracts are the documents that services of a config repo are held against. The zero value holds none. They are safe for use by
// several goroutines at once.
type Contracts []contract

// contract says that the routes of a service answer the operations of a document.
type contract struct {
	file         string
	service      string
	servicePos   diag.Pos
	environments []*strictyaml.Node // where it holds; everywhere when empty
	base         string
	doc          Document
	ignored      map[string]bool // operationIds, "METHOD /path", "routes/ID"
}

// contractFile is a contract as it is written.
type contractFile struct {
	OpenAPI      *strictyaml.Node   `yaml:"openapi"`
	Service      *strictyaml.Node   `yaml:"service"`
	BasePath     *strictyaml.Node   `yaml:"basePath"`
	Environments []*strictyaml.Node `yaml:"environments"`
	Ignore       []string           `yaml:"ignore"`
}

// LoadContracts reads every YAML file in contracts/ of a config repo, and the documents that they name. A repo without that directory
// has no contracts. Nothing outside the repo is read, and no link is followed.
func LoadContracts(fsys fs.FS) (Contracts, diag.List) {
	entries, err := fs.ReadDir(fsys, contractsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diag.List{unreadable(diag.Pos{File: contractsDir}, "%v", cause(err))}
	}
	l := contractLoader{fsys: fsys}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")) {
			l.load(path.Join(contractsDir, name))
		}
	}
	return l.contracts, l.faults
}

func unreadable(pos diag.Pos, format string, args ...any) diag.Diagnostic {
	return diag.Errorf(pos, "contract-unreadable", "the contract can't be read: "+format, args...).
		WithHint("write openapi: and the path of a document from the root of the config repo, and service: and an id")
}

// cause returns the error below the path, which a place says already.
func cause(err error) error {
	if below, ok := errors.AsType[*fs.PathError](err); ok {
		return below.Err
	}
	return err
}

type contractLoader struct {
	fsys      fs.FS
	contracts Contracts
	faults    diag.List
}

// load reads one contract, and keeps it when it has no fault.
func (l *contractLoader) load(file string) {
	data, err := l.read(file)
	if err != nil {
		l.faults.Add(unreadable(diag.Pos{File: file}, "%v", cause(err)))
		return
	}
	root, faults := strictyaml.Parse(file, data)
	var written contractFile
	if root == nil && !faults.HasErrors() {
		faults.Add(unreadable(diag.Pos{File: file}, "it is empty"))
	}
	if root != nil {
		faults.Add(strictyaml.Decode(root, &written)...)
	}
	if !faults.HasErrors() {
		c, more := l.contract(file, root.Pos, written)
		faults.Add(more...)
		if !faults.HasErrors() {
			l.contracts = append(l.contracts, c)
		}
	}
	l.faults.Add(faults...)
}

func (l *contractLoader) contract(file string, pos diag.Pos, written contractFile) (contract, diag.List) {
	c := contract{file: file, service: text(written.Service), environments: written.Environments, ignored: map[string]bool{}}
	name := text(written.OpenAPI)
	switch {
	case name == "" || c.service == "":
		return c, diag.List{unreadable(pos, "it does not name both a document and a service")}
	case !fs.ValidPath(name):
		return c, diag.List{unreadable(written.OpenAPI.Pos, "%q is no path in the config repo", name)}
	}
	c.servicePos = written.Service.Pos
	data, err := l.read(name)
	if err != nil {
		return c, diag.List{unreadable(written.OpenAPI.Pos, "%q: %v", name, cause(err))}
	}
	doc, faults := Read(name, data)
	for i, fault := range faults {
		if fault.Severity == diag.Error {
			faults[i] = fault.WithAlso(written.OpenAPI.Pos, "the contract is at")
		}
	}
	c.doc, c.base = doc, doc.BasePath()
	if written.BasePath != nil {
		c.base = strings.TrimRight(text(written.BasePath), "/")
	}
	for _, entry := range written.Ignore {
		c.ignored[nameless(line(entry))] = true
	}
	return c, slices.DeleteFunc(faults, importOnly)
}

// importOnly reports whether a warning speaks of what only an import would leave out.
func importOnly(d diag.Diagnostic) bool {
	return d.Severity == diag.Warning && d.Code == "openapi-server"
}

var errIrregular = errors.New("it is no ordinary file")

// read reads a file of the config repo. A link on the way is refused: it may lead anywhere.
func (l *contractLoader) read(name string) ([]byte, error) {
	for at := name; at != "."; at = path.Dir(at) {
		info, err := fs.Lstat(l.fsys, at)
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() != (at == name) || !info.Mode().IsRegular() && !info.IsDir() {
			return nil, errIrregular
		}
		if at == name && info.Size() > MaxSize {
			return nil, errors.New("it has more than 16 MiB")
		}
	}
	return fs.ReadFile(l.fsys, name)
}

// holds reports whether the contract speaks of an environment.
func (c contract) holds(env string) bool {
	return len(c.environments) == 0 || slices.ContainsFunc(c.environments, func(n *strictyaml.Node) bool { return text(n) == env })
}

var parameterName = regexp.MustCompile(`\{[^{}]*\}`)

// nameless leaves the names of parameters out: two paths that differ in them are the same.
func nameless(operation string) string { return parameterName.ReplaceAllString(operation, "{}") }

// ignores reports whether an operation is not asked for.
func (c contract) ignores(o Operation) bool {
	return o.ID != "" && c.ignored[nameless(o.ID)] || c.ignored[nameless(o.Name())]
}
