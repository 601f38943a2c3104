package webservice

import (
	"bytes"
	"encoding/xml"
	"strconv"
)

// AppendJSON appends the nodes as one JSON object.
func AppendJSON(dst []byte, nodes []Node) []byte {
	dst = append(dst, '{')
	for i := range nodes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSONString(dst, nodes[i].Name)
		dst = append(dst, ':')
		dst = appendJSONValue(dst, &nodes[i])
	}
	return append(dst, '}')
}

func appendJSONValue(dst []byte, n *Node) []byte {
	switch n.Kind {
	case KindInt:
		return strconv.AppendInt(dst, n.Num, 10)
	case KindBool:
		return strconv.AppendBool(dst, n.Bool)
	case KindObject:
		return AppendJSON(dst, n.Children)
	case KindList:
		dst = append(dst, '[')
		for i := range n.Children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONValue(dst, &n.Children[i])
		}
		return append(dst, ']')
	}
	return AppendJSONString(dst, n.Text)
}

// scalar is the text of a node without children.
func (n *Node) scalar() string {
	switch n.Kind {
	case KindInt:
		return strconv.FormatInt(n.Num, 10)
	case KindBool:
		return strconv.FormatBool(n.Bool)
	}
	return n.Text
}

// AppendXML appends <name xmlns="namespace"> with the nodes inside; an empty namespace is left out. A list is its
// items, one element each, without a wrapper.
func AppendXML(dst []byte, name, namespace string, nodes []Node) []byte {
	b := bytes.NewBuffer(dst)
	b.WriteString("<" + name)
	if namespace != "" {
		b.WriteString(` xmlns="`)
		escapeXML(b, namespace)
		b.WriteString(`"`)
	}
	b.WriteString(">")
	writeXML(b, nodes)
	b.WriteString("</" + name + ">")
	return b.Bytes()
}

func writeXML(b *bytes.Buffer, nodes []Node) {
	for i := range nodes {
		n := &nodes[i]
		if n.Kind == KindList {
			writeXML(b, n.Children)
			continue
		}
		b.WriteString("<" + n.Name + ">")
		if n.Kind == KindObject {
			writeXML(b, n.Children)
		} else {
			escapeXML(b, n.scalar())
		}
		b.WriteString("</" + n.Name + ">")
	}
}

// escapeXML writes to memory, which can't fail.
func escapeXML(b *bytes.Buffer, s string) { _ = xml.EscapeText(b, []byte(s)) }

// AppendText appends the nodes as plain text: the bare value of a single scalar, else a line "name: value" each,
// with dotted names inside objects and lists (counted from 1).
func AppendText(dst []byte, nodes []Node) []byte {
	if len(nodes) == 1 && nodes[0].Children == nil && nodes[0].Kind != KindList {
		return append(dst, nodes[0].scalar()...)
	}
	return appendLines(dst, "", nodes)
}

func appendLines(dst []byte, prefix string, nodes []Node) []byte {
	for i := range nodes {
		n := &nodes[i]
		switch n.Kind {
		case KindObject:
			dst = appendLines(dst, prefix+n.Name+".", n.Children)
		case KindList:
			for j, item := range n.Children {
				item.Name += "." + strconv.Itoa(j+1)
				dst = appendLines(dst, prefix, []Node{item})
			}
		default:
			dst = append(dst, prefix+n.Name+": "...)
			dst = append(dst, n.scalar()...)
			dst = append(dst, '\n')
		}
	}
	return dst
}
