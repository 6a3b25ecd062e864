"""The browser interface: everything that imports streamlit, apart from the pages themselves."""
