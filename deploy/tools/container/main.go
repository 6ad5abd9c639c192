// Command container reads what an image is built from, as BuildKit does.
//
//	container FILE               prints the instructions of a container file, one JSON object each
//	container -ignored FILE      prints those of the paths on its standard input that a .dockerignore keeps out
//
// What BuildKit refuses, and what its linter warns of, ends it with status 1.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

func main() {
	ignored := flag.String("ignored", "", "a .dockerignore")
	flag.Parse()
	err := error(nil)
	if *ignored != "" {
		err = keptOut(*ignored)
	} else {
		err = read(flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// instruction is one line of what is printed.
type instruction struct {
	Stage string   // its base
	Name  string   // as "copy"
	Words []string // its arguments as they are written
}

func read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	tree, err := parser.Parse(file)
	if err != nil {
		return err
	}
	var warnings []error
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		warnings = append(warnings, fmt.Errorf("%s: %s", rule, message))
	}})
	if _, _, err := instructions.Parse(tree.AST, lint); err != nil {
		return err
	}
	return errors.Join(append(warnings, show(tree.AST))...)
}

func show(tree *parser.Node) error {
	out, stage := json.NewEncoder(os.Stdout), ""
	for _, node := range tree.Children {
		i := instruction{Name: node.Value, Words: node.Flags}
		for next := node.Next; next != nil; next = next.Next {
			i.Words = append(i.Words, next.Value)
		}
		if i.Name == "from" || i.Name == "FROM" {
			stage = node.Next.Value
		}
		i.Stage = stage
		if err := out.Encode(i); err != nil {
			return err
		}
	}
	return nil
}

func keptOut(ignore string) error {
	file, err := os.Open(ignore)
	if err != nil {
		return err
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return err
	}
	paths := bufio.NewScanner(os.Stdin)
	for paths.Scan() {
		if out, err := matcher.MatchesOrParentMatches(paths.Text()); err != nil {
			return err
		} else if out {
			fmt.Println(paths.Text())
		}
	}
	return paths.Err()
}
