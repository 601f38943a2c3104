package mapping

import (
	"maps"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"ponte/internal/desk"
)

// locate tells each error where in the file it stands. A key that is missing stands where its block begins.
func locate(doc []byte, fields []desk.FieldError) {
	var root yaml.Node
	if err := yaml.Unmarshal(doc, &root); err != nil || len(root.Content) == 0 {
		root.Content = nil // it could not be read: the reading has said in which line
	}
	for i, f := range fields {
		args := map[string]any{}
		maps.Copy(args, f.Args)
		if len(root.Content) > 0 {
			line, row := find(root.Content[0], f.Field)
			args["linha_do_arquivo"] = line
			if row != "" {
				args["parametro"] = row
			}
		} else if line, ok := f.Args["linha"]; ok {
			args["linha_do_arquivo"] = line
		}
		fields[i].Args = args
	}
}

// find follows a path as Compile writes it, as far as the document goes: the line where it ends, and the target of
// the last row on the way.
func find(n *yaml.Node, path string) (line int, row string) {
	line = n.Line
	for step := range steps(path) {
		key, next := child(n, step)
		if next == nil {
			return line, row
		}
		line = key.Line
		n = next
		if _, target := child(n, "destino"); target != nil && target.Kind == yaml.ScalarNode {
			row = target.Value
		}
	}
	return line, row
}

// steps splits "a.b[2].c" into a, b, 2, c. A key with a dot in it, as of a header, is not found; its block is.
func steps(path string) func(func(string) bool) {
	return strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// child is a key's value, an item by its index, or the item of a list whose codigo is the step, as in status.20.
func child(n *yaml.Node, step string) (key, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if _, code := child(item, "codigo"); code != nil && code.Value == step {
				return item, item
			}
		}
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}
