package desk

// Letter is a mail to one person, in plain words. Who carries it makes the form that mail programs like to show.
type Letter struct {
	ID       string // stays the same when the letter is sent again; empty: each has its own
	To       string // one address, without a name: ana@exemplo.com.br
	Language string // "pt-BR" or "en"
	Subject  string // one line
	Text     string // paragraphs parted by blank lines; one that is a web address alone becomes a link
}
