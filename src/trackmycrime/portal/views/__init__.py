"""The portal's views, by what they are for."""
