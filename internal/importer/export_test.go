package importer

// Honest is honest, for bombs that are smaller than real ones.
var Honest = honest
