package environments

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/sluice-gitops/sluice/diag"
	"github.com/sluice-gitops/sluice/strictyaml"
)

// file is an environment.yaml as it is written.
type file struct {
	Extends  *strictyaml.Node `yaml:"extends"`
	After    *strictyaml.Node `yaml:"after"`
	Groups   *strictyaml.Node `yaml:"groups"`
	Vars     *strictyaml.Node `yaml:"vars"`
	Rollout  *Rollout         `yaml:"rollout"`
	Guard    guardFile        `yaml:"guard"`
	Drift    *strictyaml.Node `yaml:"drift"`
	Adopt    *strictyaml.Node `yaml:"adopt"`
	Breaking *strictyaml.Node `yaml:"breaking"`
	// Promotion says who moves the pins.
	Promotion *strictyaml.Node `yaml:"promotion"`
	Empty     bool             `yaml:"empty"`
	Paused    *Pause           `yaml:"paused"`

	node   *strictyaml.Node // the file as a whole
	faults diag.List
}

type guardFile struct {
	Pos   diag.Pos `yaml:",pos"`
	Guard `yaml:"-"`

	MaxDeletes       *int             `yaml:"maxDeletes"`
	MaxDeletePercent *int             `yaml:"maxDeletePercent"`
	Protect          *strictyaml.Node `yaml:"protect"`
}

var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func checkName(pos diag.Pos, what, name string) diag.List {
	if goodName.MatchString(name) {
		return nil
	}
	return diag.List{diag.Errorf(pos, "bad-name", "%q can't name %s", name, what).
		WithHint("use letters, digits, dots, underscores and hyphens, beginning with a letter or digit")}
}

// file reads the environment.yaml of a directory, once.
func (l *loader) file(dir string) *file {
	if read, ok := l.files[dir]; ok {
		return read
	}
	node, faults := l.read(path.Join(dir, environmentFile))
	parsed := &file{node: node}
	faults = pinsAreText(node, faults)
	if node != nil {
		faults.Add(strictyaml.Decode(node, parsed)...)
	}
	faults.Add(checkVars(parsed.Vars)...)
	parsed.faults = faults
	l.files[dir] = parsed
	return parsed
}

func (l *loader) environment(name string) Environment {
	dir := path.Join(environmentsDir, name)
	env := Environment{Name: name, Pos: diag.Pos{File: path.Join(dir, environmentFile)}, Drift: Heal}
	env.Faults.Add(checkName(env.Pos, "an environment", name)...)
	parsed := l.file(dir)
	env.Faults.Add(parsed.faults...)
	env.order(parsed, &env.Faults)
	if len(env.Waves) == 0 && !env.Faults.HasErrors() {
		env.Faults.Add(diag.Errorf(env.Pos, "no-groups", "the environment names no gateway groups").
			WithHint("write groups: [%s-eu]", name))
	}
	env.Empty = parsed.Empty
	env.rollout(parsed)
	env.Guard = parsed.Guard.read(&env.Faults)
	env.Drift, env.Ignore = driftOf(parsed.Drift, &env.Faults)
	env.Adopt = oneOf(parsed.Adopt, "adopt", []string{"refuse", "allow"}, &env.Faults) == "allow"
	env.DenyBreaking = oneOf(parsed.Breaking, "breaking", []string{"warn", "deny"}, &env.Faults) == "deny"
	env.promotion(parsed.Promotion)
	flat := flattener{loader: l}
	flat.add(Layer{Path: dir, Pos: env.Pos})
	env.Layers = flat.layers
	env.Faults.Add(flat.faults...)
	env.Faults.Add(checkNested(env.Layers)...)
	l.groupLayers(&env, dir)
	return env
}

// rollout takes over how the environment takes a commit.
func (e *Environment) rollout(parsed *file) {
	e.Rollout, e.Paused = parsed.Rollout, parsed.Paused
	at := place{parsed.node, e.Pos, &e.Faults}
	if e.Rollout != nil {
		e.Rollout.check(at.key("rollout"))
	}
	if e.Paused != nil {
		e.Paused.check(at.key("paused"))
	}
}

// order reads the gateway groups and the stages before.
func (e *Environment) order(parsed *file, faults *diag.List) {
	for _, wave := range waves(parsed.Groups, faults) {
		e.Waves = append(e.Waves, texts(wave))
		e.places.groups = append(e.places.groups, wave...)
	}
	e.places.after = scalars(parsed.After, "after", faults)
	e.After = texts(e.places.after)
}

// oneOf reads a word, which must be one of the choices; the first is the default.
func oneOf(n *strictyaml.Node, key string, choices []string, faults *diag.List) string {
	if n == nil {
		return choices[0]
	}
	checkTag(n, faults)
	word, ok := n.Value.(string)
	if ok && slices.Contains(choices, word) {
		return word
	}
	faults.Add(diag.Errorf(n.Pos, "wrong-value", "%s must be %s or %s", key, choices[0], choices[1]).
		WithHint("%s", diag.DidYouMean(word, choices, choices[0]+" is the default")))
	return choices[0]
}

// groupLayers finds the directories of single gateway groups.
func (l *loader) groupLayers(env *Environment, dir string) {
	dir = path.Join(dir, groupsDir)
	entry, fault := l.fsys.lookup(dir, env.Pos)
	if fault != nil {
		env.Faults.Add(*fault)
	}
	if entry == nil || !entry.IsDir() {
		return
	}
	entries, err := fs.ReadDir(l.fsys.FS, dir)
	if err != nil {
		env.Faults.Add(Unreadable(diag.Pos{File: dir}, err))
		return
	}
	env.GroupLayers = map[string]Layer{}
	for _, entry := range entries {
		l.groupLayer(env, entry, path.Join(dir, entry.Name()))
	}
}

func (l *loader) groupLayer(env *Environment, entry fs.DirEntry, dir string) {
	pos := diag.Pos{File: dir}
	if !utf8.ValidString(entry.Name()) {
		env.Faults.Add(badEncoding(path.Dir(dir), entry))
		return
	}
	if fault := irregularFault(entry, dir); fault != nil {
		env.Faults.Add(*fault)
		return
	}
	if groups := env.Groups(); !slices.Contains(groups, entry.Name()) {
		env.Faults.Add(diag.Errorf(pos, "unknown-group", "%q is no gateway group of %s", entry.Name(), env.Name).
			WithHint("%s", diag.DidYouMean(entry.Name(), groups, "name it under groups, or remove it")))
		return
	}
	if entry.IsDir() {
		env.GroupLayers[entry.Name()] = Layer{Path: dir, Pos: pos}
	}
}
