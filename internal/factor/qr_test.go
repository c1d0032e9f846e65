package factor_test

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/factor"
)

var rectangle = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// The picture, read as a camera reads it, has a dark module exactly where the URI's QR code has one, and a white margin of four.
func TestTheQRCodeIsThatOfTheURI(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"a", "ann@example.org", strings.Repeat("long.", 40) + "@example.org"} {
		made, err := factor.NewTOTP("Team", account, clock.System().Random())
		if err != nil {
			t.Fatal(err)
		}
		var svg struct {
			ViewBox string `xml:"viewBox,attr"`
			Path    struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal([]byte(made.QRCode), &svg); err != nil {
			t.Fatal(err)
		}
		want, err := qr.Encode(made.URI, qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		size := want.Bounds().Dx()
		if box := fmt.Sprintf("0 0 %[1]d %[1]d", size+8); svg.ViewBox != box {
			t.Errorf("the box is %q, not %q", svg.ViewBox, box)
		}
		dark := painted(t, svg.Path.D)
		for y := -4; y < size+4; y++ {
			for x := -4; x < size+4; x++ {
				inside := x >= 0 && y >= 0 && x < size && y < size
				if should := inside && want.At(x, y) == color.Black; dark[[2]int{x + 4, y + 4}] != should {
					t.Fatalf("%s: the module at %d, %d is not as the code's", account, x, y)
				}
			}
		}
	}
}

// painted are the unit squares of a path made of rectangles of height 1; a path of anything else fails.
func painted(t *testing.T, path string) map[[2]int]bool {
	t.Helper()
	out := map[[2]int]bool{}
	if rest := rectangle.ReplaceAllString(path, ""); rest != "" {
		t.Fatalf("the path has %q", rest)
	}
	for _, m := range rectangle.FindAllStringSubmatch(path, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		if n[2] != n[3] {
			t.Fatalf("%s goes another way back", m[0])
		}
		for x := range n[2] {
			out[[2]int{n[0] + x, n[1]}] = true
		}
	}
	return out
}

// Clients put `data:image/svg+xml;utf-8,` before it and use it as it is.
func TestTheQRCodeCanStandInADataURL(t *testing.T) {
	t.Parallel()
	made, err := factor.NewTOTP("A \"B\" <#%>", "x&y#z%20'@example.org", clock.System().Random())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.QRCode, "<svg ") || strings.ContainsAny(made.QRCode, "#%\"\n&?") || strings.Contains(made.QRCode, made.Secret) {
		t.Errorf("not fit for a data URL: %.200s", made.QRCode)
	}
}
