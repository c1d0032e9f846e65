package factor

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

const (
	quiet  = 4 // modules of white around a QR code (ISO/IEC 18004)
	module = 5 // pixels
)

// draw is the QR code of text as SVG. It has no character that would have to be escaped within a data URL or an HTML
// attribute in double quotes: no #, %, line break or double quote.
func draw(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			if n := run(size, x, func(x int) bool { return code.At(x, y) == color.Black }); n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	side := size + 2*quiet
	return fmt.Sprintf("<svg xmlns='http://www.w3.org/2000/svg' width='%[1]d' height='%[1]d' viewBox='0 0 %[2]d %[2]d' shape-rendering='crispEdges'>"+
		"<rect width='%[2]d' height='%[2]d' fill='white'/><path d='%[3]s' fill='black'/></svg>", side*module, side, path.String()), nil
}

// run is how many dark modules follow each other from x on.
func run(size, x int, dark func(int) bool) int {
	n := 0
	for x+n < size && dark(x+n) {
		n++
	}
	return n
}
