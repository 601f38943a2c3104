// Command ponte is the after-sales desk with its bridge to the field.
package main

import (
	"os"
	_ "time/tzdata" // a machine without zone files still tells a development's time

	"ponte/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
