// Command bench runs the benchmarks with the arguments that it is given, shows what they print, and ends with the ratios that
// say something on any machine: our way against the bare way, and a small change against a whole one.
package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	command := exec.Command("go", append([]string{"test", "-run", "^$", "-bench", "."}, args...)...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	times, memory := map[string]float64{}, map[string]float64{}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fmt.Fprintln(stdout, lines.Text())
		if name, nanoseconds, ok := measurement(lines.Text()); ok {
			times[name] = nanoseconds
		}
		maps.Copy(memory, amounts(lines.Text()))
	}
	err = command.Wait()
	printRatios(stdout, times)
	printPeaks(stdout, memory)
	return err
}
