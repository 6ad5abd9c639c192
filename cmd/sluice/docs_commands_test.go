package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestDocumentedCommandsExist holds every command line in the documents to the program: the command is one, so are its flags, and in
// blocks, which people copy, the number of arguments is right.
func TestDocumentedCommandsExist(t *testing.T) {
	found := 0
	for _, file := range documents(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text)) {
			found++
			if err := documented(line); err != nil {
				t.Errorf("%s: `%s`: %v", strings.TrimPrefix(file, "../../"), line.text, err)
			}
		}
	}
	if found < 100 {
		t.Errorf("the documents have %d command lines only", found)
	}
}

// documents are the texts for people: the README, what is below docs, what the packages and the chart tell.
func documents(t *testing.T) []string {
	t.Helper()
	files := []string{"../../README.md", "../../CONTRIBUTING.md", "../../deploy/packages/sluice-daemon.yaml", "../../deploy/helm/sluice/templates/NOTES.txt"}
	err := filepath.WalkDir("../../docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" && filepath.Base(filepath.Dir(path)) != "decisions" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// commandLine is one call of the program.
type commandLine struct {
	text  string
	block bool // it stands in a block, not within a sentence
}

var (
	inBlock    = regexp.MustCompile(`(?:^[# ]*(?:\$ )?(?:[A-Z_]+=\S+ )*|&& |-- /|sudo (?:-u sluice )?)(sluice [a-z-].*)$`)
	inSentence = regexp.MustCompile("`(?:\\$ )?(sluice [a-z-][^`]*)`")
)

func commandLines(text string) []commandLine {
	var lines []commandLine
	for _, line := range blocks(text) {
		if found := inBlock.FindStringSubmatch(line); found != nil {
			lines = append(lines, commandLine{found[1], true})
		}
	}
	for _, match := range inSentence.FindAllStringSubmatch(text, -1) {
		lines = append(lines, commandLine{strings.Join(strings.Fields(match[1]), " "), false})
	}
	return lines
}

// blocks are the lines that are shown as code: those between fences that name no other language than a shell's, and indented ones.
func blocks(text string) []string {
	var found []string
	fence, shell := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		language, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence:
			fence, shell = !fence, slices.Contains([]string{"", "sh", "bash", "console", "text"}, language)
		case fence && shell, !fence && (strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "#   $ ")):
			found = append(found, line)
		}
	}
	return found
}

var quotedWord = regexp.MustCompile(`"[^"]*"|'[^']*'`)

// words are the arguments of a command line up to a comment, a pipe or the next command.
func words(line string) []string {
	line = quotedWord.ReplaceAllString(line, "QUOTED")
	for _, end := range []string{" #", "   ", " | ", " > ", " && ", "; ", " 2>", " ||", ") "} {
		line, _, _ = strings.Cut(line, end)
	}
	return strings.Fields(strings.TrimRight(line, `.,;:)`))[1:]
}

func documented(line commandLine) error {
	root := (&app{}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultVersionFlag()
	args := words(line.text)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if cmd == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && rest[0] == strings.ToLower(rest[0]) {
		return fmt.Errorf("no command %s", rest[0])
	}
	cmd.InitDefaultHelpFlag()
	arguments, err := checkFlags(cmd, rest)
	if err != nil || !line.block || cmd.Args == nil || strings.ContainsAny(line.text, "[|…") {
		return err
	}
	return cmd.Args(cmd, arguments)
}

// checkFlags holds the flags among words to those of a command, and returns the other words.
func checkFlags(cmd *cobra.Command, words []string) (arguments []string, err error) {
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], "[]…")
		if !strings.HasPrefix(word, "-") || word == "-" {
			arguments = append(arguments, word)
			continue
		}
		name, value, given := strings.Cut(word, "=")
		flag := cmd.Flags().Lookup(strings.TrimLeft(name, "-"))
		if !strings.HasPrefix(name, "--") {
			flag = cmd.Flags().ShorthandLookup(strings.TrimLeft(name, "-")[:1])
		}
		if flag == nil {
			return nil, fmt.Errorf("%s has no flag %s", cmd.CommandPath(), name)
		}
		if !given && flag.NoOptDefVal == "" && i+1 < len(words) {
			i++
			value = words[i]
		}
		// What arguments a command takes may hang on its flags; a value that is a word in capitals may be none.
		_ = cmd.Flags().Set(flag.Name, cmp.Or(value, flag.NoOptDefVal))
	}
	return arguments, nil
}

// TestADocumentedMistakeIsFound holds that the check of the documents can fail.
func TestADocumentedMistakeIsFound(t *testing.T) {
	for _, text := range []string{
		"    sluice plann prod", "    $ sluice plan --deep", "`sluice plan -x`", "    sluice validate one two", "```sh\nsluice import openapi\n```",
		"    sluice render", "`sluice history --verfy`",
	} {
		lines := commandLines("\n" + text + "\n")
		if len(lines) != 1 || documented(lines[0]) == nil {
			t.Errorf("%q: nothing is found: %v", text, lines)
		}
	}
}
