-- A list may say who supplies an enterprise: no registry does.
ALTER TABLE named_list ADD COLUMN suppliers_of TEXT;
