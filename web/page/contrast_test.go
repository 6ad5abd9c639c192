package page

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// TestContrast holds the pairs of colours that stand on each other to WCAG AA, in both schemes: 4.5 for texts, 3 for lines that mean
// something.
func TestContrast(t *testing.T) {
	light, dark := schemes(t)
	for name, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, ground := range []string{"bg", "surface", "raised"} {
			for _, ink := range []string{"ink", "soft", "accent", "good", "bad", "warn", "busy", "idle"} {
				atLeast(t, name, colours, ink, ground, 4.5)
			}
			atLeast(t, name, colours, "edge", ground, 3)
		}
		for _, tone := range []string{"good", "bad", "warn", "busy", "idle"} {
			atLeast(t, name, colours, tone, tone+"-bg", 4.5)
			atLeast(t, name, colours, "ink", tone+"-bg", 4.5)
			atLeast(t, name, colours, "soft", tone+"-bg", 4.5)
		}
		atLeast(t, name, colours, "on-accent", "accent", 4.5)
	}
}

func atLeast(t *testing.T, scheme string, colours map[string]string, ink, ground string, least float64) {
	t.Helper()
	if got := contrast(luminance(t, colours[ink]), luminance(t, colours[ground])); got < least {
		t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, ink, ground, got, least)
	}
}

// schemes reads the colours of both schemes; what the dark one does not say is that of the light one.
func schemes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	css, err := assetFiles.ReadFile("assets/page.css")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(string(css), "@media (prefers-color-scheme: dark)", 2)
	if len(parts) != 2 {
		t.Fatal("there is no dark scheme")
	}
	light = coloursIn(parts[0])
	dark = coloursIn(parts[1])
	for name, colour := range light {
		if _, ok := dark[name]; !ok {
			dark[name] = colour
		}
	}
	return light, dark
}

func coloursIn(css string) map[string]string {
	colours := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		colours[m[1]] = m[2]
	}
	return colours
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var channels [3]int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &channels[0], &channels[1], &channels[2]); err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(channels[i]) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
