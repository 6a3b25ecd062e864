"""The browser's face: everything that imports streamlit, apart from the pages themselves."""
