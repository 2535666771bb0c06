"""A plan that goes out: what does a spreadsheet, a document or a board's paper say of it?"""
