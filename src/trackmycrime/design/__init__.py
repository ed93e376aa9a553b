"""The shared look of the doors: layout, components, form rendering, pinned design-system files."""
